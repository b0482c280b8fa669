// A source that uses what the host does for it: descriptors, programs, expressions, requests. A message to
// its intake says what to do; what comes of it is emitted as the summary of an event.
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "bus/plugin.hpp"

namespace {

class Helped final : public bus::Source, public bus::IntakeSource {
 public:
  static constexpr bus::PluginInfo info{"helped", "1.0.0", "A test source that is helped."};
  static constexpr const char* event_types[] = {"thing"};
  static constexpr bus_option options[] = {
      bus::option("map", BUS_OPT_LIST, "Expressions over `body` and `path`.", "body.a + 1, path, body.b"),
      bus::option("fail", BUS_OPT_BOOL, "Let the start fail with a program running.", "false"),
  };

  Helped(bus::Host host, const bus::Settings& settings)
      : host_(host),
        fail_(settings.boolean("fail")),
        watch_(host),
        program_(host),
        idle_(host),
        map_(host, {"body", "path"}),
        http_(host) {
    for (std::string_view source : settings.list("map")) {
      if (bus::Status added = map_.add(source); !added.ok()) throw bus::Failure(added);
    }
  }
  ~Helped() override { close_pipe(); }

  bus::Status start() override {
    if (!fail_) return {};
    if (bus::Status started = run({"sleep", "1000"}); !started.ok()) return started;
    return bus::unavailable("its program is " + std::to_string(program_.pid()));
  }
  void stop() noexcept override {
    watch_.stop();
    close_pipe();
    program_.stop();  // idle_ is left to the host
  }

  bus::IntakeReply on_message(std::string_view json) override {
    if (json.find("watch") != json.npos) return {watch(), {}};
    if (json.find("run") != json.npos)
      return {run({"sh", "-c", "echo hi; read line; echo $line; exit 2"}), {}};
    if (json.find("idle") != json.npos) {
      bus::Status started = idle_.start({.argv = {"sleep", "1000"}}, {}, {});
      return {started, std::to_string(idle_.pid())};
    }
    if (json.find("map") != json.npos) return map(json);
    if (json.find("ask") != json.npos) return {ask(), {}};
    return {bus::invalid("do what?"), {}};
  }

 private:
  bus::Status watch() {
    if (::pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) != 0) return bus::fault("no pipe");
    const bus::Status started = watch_.start(pipe_[0], BUS_FD_READABLE, [this](std::uint32_t events) {
      char byte = 0;
      const bool read = ::read(pipe_[0], &byte, 1) == 1;
      tell("watch " + std::to_string(events) + (read ? " " + std::string(1, byte) : ""));
      if (byte == 'b') watch_.stop();
    });
    if (::write(pipe_[1], "ab", 2) != 2) return bus::fault("the pipe is full");
    return started;
  }
  bus::Status run(std::vector<std::string> argv) {
    said_.clear();
    bus::Status started = program_.start(
        {.argv = std::move(argv), .in = true},
        [this](bus_process_stream, const std::vector<bus::Program::Line>& lines) {
          for (const auto& line : lines) said_.append(line.text).append(" ");
        },
        [this](const bus::Program::Exit& how) { tell("run " + said_ + how.text); });
    return started.ok() ? program_.write("there\n") : started;
  }
  bus::Status ask() {
    const bus::Http::Request request{.url = "http://far.example/x", .headers = {{"If-None-Match", "\"1\""}}};
    return http_.send(request, [this](const bus::Http::Answer& answer) {
      tell(answer.status.ok() ? std::to_string(answer.http) + " " + std::string(answer.header("etag")) + " " +
                                    std::string(answer.body)
                              : answer.status.message());
    });
  }
  bus::IntakeReply map(std::string_view json) {
    std::vector<bus::Expressions::Result> results;
    using Value = bus::Expressions::Value;
    bus::Status status = map_.evaluate({Value::json(json), Value::text("/p")}, results);
    std::string reply = "[";
    for (const auto& result : results) {
      reply += reply.size() > 1 ? "," : "";
      reply += result.status.ok() ? result.json : '"' + result.status.message() + '"';
    }
    return {status, reply + "]"};
  }
  void tell(const std::string& what) {
    bus::Event event;
    event.type = "thing";
    event.summary = what;
    if (bus::Status stored = host_.emit(event); !stored.ok()) host_.log(BUS_LOG_ERROR, stored.message());
  }
  void close_pipe() {
    for (int& end : pipe_) {
      if (end >= 0) ::close(end);
      end = -1;
    }
  }

  bus::Host host_;
  const bool fail_;
  bus::FdWatch watch_;
  bus::Program program_, idle_;
  bus::Expressions map_;
  bus::Http http_;
  std::string said_;
  int pipe_[2] = {-1, -1};
};

}  // namespace

BUS_SOURCE_PLUGIN(Helped)
