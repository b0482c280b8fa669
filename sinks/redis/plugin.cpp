// The sink `redis`: events into Redis Streams.
#include "bus/plugin.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sinks/redis/connection.h"
#include "sinks/redis/reply.h"
#include "sinks/redis/stream_name.h"

namespace bus::redis {
namespace {

constexpr std::size_t kMaxServers = 8;

class RedisSink final : public Sink {
 public:
  static constexpr PluginInfo info{"redis", "1.0.0", "Adds events to Redis Streams."};
  static constexpr bus_option options[] = {
      option("url", BUS_OPT_LIST,
             "The server, as redis://host:port/database or unix:///path. Of several the first that answers "
             "is taken.",
             "redis://127.0.0.1:6379"),
      option("user", BUS_OPT_STRING, "The user to log in as; without it the default user."),
      option("password", BUS_OPT_STRING, "The name of the secret that is the password to log in with.",
             nullptr, BUS_OPT_SECRET),
      option("stream", BUS_OPT_STRING,
             "The key of the stream. {source}, {type} and {scope} are filled in, for several streams.",
             "bus"),
      option("max_length", BUS_OPT_INT,
             "About how many entries a stream keeps; older ones go (MAXLEN ~). 0: it keeps all.", "0"),
  };

  RedisSink(Host, const Settings& settings)
      : settings_(settings), name_(settings.text("stream")), max_length_(settings.integer("max_length")) {
    for (const std::string_view url : settings.list("url")) {
      Address address;
      if (Status read = read_address(url, address); !read.ok()) throw Failure(std::move(read));
      servers_.push_back(std::move(address));
    }
    if (servers_.empty() || servers_.size() > kMaxServers)
      throw Failure(invalid("url must name 1 to 8 servers"));
    if (settings.has("user") && !settings.has("password")) throw Failure(invalid("user needs a password"));
    if (max_length_ < 0) throw Failure(invalid("max_length must not be negative"));
  }

  Status start(std::uint64_t&) override { return open(); }
  void stop() noexcept override { connection_.close(); }

  Delivery deliver(const Batch& batch) override {
    if (Status opened = open(); !opened.ok()) return {std::move(opened)};
    Outgoing out(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (ahead_.count(batch[i].seq) == 0) add(batch[i], i, out);
    }
    std::vector<bool> taken(batch.size(), true);
    for (const std::size_t place : out.places) taken[place] = false;
    Status why;
    const Status ran = connection_.run(out.commands, [&](std::size_t at, std::string_view error) {
      taken[out.places[at]] = error.empty();
      if (!error.empty() && why.ok()) why = status_of_error(error);
    });
    return settle(batch, taken, why.ok() ? ran : why);
  }

 private:
  struct Outgoing {
    explicit Outgoing(std::size_t most) {
      texts.reserve(2 * most);  // their bytes stay where they are
      commands.reserve(most);
      places.reserve(most);
    }
    std::vector<std::string> texts;
    std::vector<Connection::Command> commands;
    std::vector<std::size_t> places;  // of the commands, in the batch
  };

  Status open() {
    Login login;
    login.user = settings_.text("user");
    login.password = settings_.text("password");
    if (settings_.has("password") && login.password.empty())
      return denied("there is no secret for password: bus secret set NAME");
    return connection_.open(servers_, login);
  }

  void add(const bus_record& record, std::size_t place, Outgoing& out) const {
    const std::string_view key = out.texts.emplace_back(name_.fill(view(record.source), *record.event));
    const std::string_view seq = out.texts.emplace_back(std::to_string(record.seq));
    Connection::Command command{"XADD", key};
    if (max_length_ > 0) command.insert(command.end(), {"MAXLEN", "~", length_});
    command.insert(command.end(), {"*", "id", view(record.id), "seq", seq, "source", view(record.source),
                                   "type", view(record.event->type), "event", view(record.json)});
    out.commands.push_back(std::move(command));
    out.places.push_back(place);
  }

  // What is taken behind a gap is remembered, and not sent again when it is offered again.
  Delivery settle(const Batch& batch, const std::vector<bool>& taken, Status why) {
    const auto gap = std::find(taken.begin(), taken.end(), false);
    const auto accepted = static_cast<std::size_t>(gap - taken.begin());
    ahead_.clear();
    for (std::size_t i = accepted; i < batch.size(); ++i) {
      if (taken[i]) ahead_.insert(batch[i].seq);
    }
    if (accepted == batch.size()) return {{}, accepted};
    return {std::move(why), accepted};
  }

  Settings settings_;
  StreamName name_;
  std::int64_t max_length_;
  std::string length_ = std::to_string(max_length_);
  std::vector<Address> servers_;
  Connection connection_;
  std::set<std::uint64_t> ahead_;  // seqs
};

}  // namespace
}  // namespace bus::redis

BUS_SINK_PLUGIN(bus::redis::RedisSink)
