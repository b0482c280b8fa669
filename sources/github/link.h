// The Link header of an answer, and other small reading of URLs.
#pragma once

#include <string>
#include <string_view>

namespace bus::github {

// The URL that `Link` names as rel="next"; empty if it names none.
std::string next_link(std::string_view link);

// "https://host:port" of a URL, in lower case; empty if it has no host.
std::string origin_of(std::string_view url);
// The host of it, without a port.
std::string host_of(std::string_view url);

// What stands in front of `tail` in a URL: the base of a repository that has moved. Empty if it does not end
// so, or is of another origin than `api`.
std::string moved_base(std::string_view location, std::string_view api, std::string_view tail);

// Whether that is "owner/repo", in characters that GitHub has.
bool is_repo_name(std::string_view text);

std::string lower(std::string_view text);

}  // namespace bus::github
