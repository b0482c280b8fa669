// Floors of the sinks: the client of each protocol alone, with the same bodies.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bus::bench {

// Lines appended with write(2), so many at a time; with `sync` each time followed by fdatasync. Lines a
// second.
double append_per_second(const std::string& path, const std::vector<std::string>& lines, std::size_t together,
                         bool sync);

// The body posted over one connection that is kept, one request after the other, for a second. Requests a
// second.
double posts_per_second(int port, const std::string& body);

// Published to a stream of our own in files, with an id each, and all acknowledged; 0: bus-bench was built
// without libnats.
double publishes_per_second(const std::string& url, const std::vector<std::string>& bodies);

// XADD in pipelines of so many, to a stream of our own; 0: bus-bench was built without hiredis, or nobody
// answers at the socket.
double adds_per_second(const std::string& socket, const std::vector<std::string>& bodies,
                       std::size_t together);

}  // namespace bus::bench
