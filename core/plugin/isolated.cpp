#include "core/plugin/isolated.h"

#include <sys/epoll.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "core/plugin/instance.h"
#include "core/plugin/isolated_remote.h"

namespace bus::plugin {
namespace {

constexpr milliseconds kStopPatience{
    3'000};  // for stop and destroy together; within HostServices::stop_grace
constexpr milliseconds kDestroyPatience{1'000};
constexpr milliseconds kBeginPatience{30'000};  // the machine's speed, not the plugin's, is most of it
constexpr seconds kSettled{60};                 // a child that has lived so long is not in a loop of crashes

Mono now() {
  return std::chrono::steady_clock::now();
}

std::uint32_t offers_of(const Confinement& confinement) {
  return (confinement.allowed.network ? kOfferHttp : 0u) | (confinement.programs ? kOfferProgram : 0u);
}

Error stopped() {
  return error(Code::unavailable, "its process has ended and is started again");
}

}  // namespace

Isolated::Isolated(Instance& instance, std::shared_ptr<const ChildLibrary> library, Confinement confinement)
    : instance_(instance),
      library_(std::move(library)),
      confinement_(std::move(confinement)),
      pauses_(static_cast<std::uint32_t>(std::hash<std::string>{}(instance.name()))),
      routes_(std::make_unique<UnpackedRoutes>()) {}

Isolated::~Isolated() = default;

Result<std::unique_ptr<ChildProcess>> begin_child(process::Spawner& spawner, const ChildLibrary& library,
                                                  const Confinement& confinement, const Hurry& hurry,
                                                  ChildProcess::Heard heard, Begun& out) {
  auto child = ChildProcess::start(spawner, library.program, library.memory.get(), hurry, std::move(heard));
  if (!child) return child;
  Packer body;
  body.text(library.path);
  body.number(confinement.memory).number(static_cast<std::uint64_t>(confinement.call_timeout.count()));
  body.number(static_cast<std::uint8_t>(confinement.allowed.network));
  body.number(static_cast<std::uint8_t>(confinement.allowed.unix_sockets));
  body.number(static_cast<std::uint8_t>(confinement.allowed.only_look));
  body.number(static_cast<std::uint32_t>(confinement.allowed.files.size()));
  for (const std::string& path : confinement.allowed.files) body.text(path);
  const auto nothing = [](const Received&) -> Status {
    return error(Code::invalid, "a question before anything was made");
  };
  const auto answer =
      (*child)->call(Frame::begin, body.bytes(), std::max(confinement.call_timeout, kBeginPatience),
                     "loading its library", nothing);
  if (!answer) return answer.error();
  Unpacker in(*answer);
  Status begun = unpack_status(in);
  out.sandbox = in.text();
  out.descriptor = in.text();
  const std::string_view hint = in.text();
  if (!begun) return error(begun.error().code, begun.error().message, std::string(hint));
  if (!in.done()) return error(Code::fault, "its process did not begin as it should");
  return child;
}

Status Isolated::spawn() {
  Begun begun;
  auto child = begin_child(
      *instance_.services().spawner, *library_, confinement_, hurry_,
      [this](std::string_view line) { hear(line); }, begun);
  if (!child) {
    if (child.error().code == Code::unavailable) instance_.count_end("load", child.error().message);
    return std::move(child).error();
  }
  process_ = std::move(*child);
  unanswered_ = std::make_shared<Unanswered>();
  born_ = log_since_ = now();
  if (const std::string_view weak = weakness_of(begun.sandbox);
      !weak.empty() && !std::exchange(warned_, true))
    instance_.write_log(BUS_LOG_WARNING, "its process is not shut in: " + std::string(weak));
  MutexLock lock(mutex_);
  killable_ = process_.get();
  status_.pid = process_->pid();
  status_.sandbox = begun.sandbox;
  return Ok{};
}

Status Isolated::create(const bus_host* host) {
  host_ = host;
  remote_ = std::make_unique<RemotePlugin>(*this);
  Status created = spawn();
  if (created) created = create_in_child();
  if (!created) end_process();
  return created;
}

Status Isolated::create_in_child() {
  Packer body;
  body.text(instance_.name()).number(offers_of(confinement_));
  pack_options(body, instance_.options());
  const auto answer = call_for(Frame::create, body, confinement_.call_timeout, "create");
  if (!answer) return answer.error();
  Unpacker in(*answer);
  if (Status made = unpack_status(in); !made) return made;
  const std::string offers(in.rest());
  const bool has_intake = in.number<std::uint8_t>() != 0;
  auto routes = std::make_unique<UnpackedRoutes>(in);
  if (!in.done()) return error(Code::invalid, "what it offers makes no sense");
  if (offers_.empty()) {
    offers_ = offers;
    has_intake_ = has_intake;
    routes_ = std::move(routes);
  }
  // The routes stand in the server already.
  if (offers != offers_) return error(Code::invalid, "it offers other routes than before it ended");
  return Ok{};
}

Status Isolated::start(std::uint64_t* last_seq) {
  if (process_ == nullptr) {
    if (Status spawned = spawn(); !spawned) return spawned;
    if (Status made = create_in_child(); !made) return made;
  }
  watch();
  const auto answer = call_for(Frame::start, Packer().number(*last_seq), confinement_.call_timeout, "start");
  if (!answer) return answer.error();
  Unpacker in(*answer);
  Status started = unpack_status(in);
  const auto last = in.number<std::uint64_t>();
  if (!started) return started;
  *last_seq = last;
  running_ = true;
  return Ok{};
}

void Isolated::stop() {
  running_ = false;
  if (process_ == nullptr) return;
  (void)!call_for(Frame::stop, {}, std::min(confinement_.call_timeout, kStopPatience), "stop").ok();
}

void Isolated::destroy() {
  running_ = false;
  if (process_ != nullptr) (void)!call_for(Frame::destroy, {}, kDestroyPatience, "destroy").ok();
  end_process();
}

void Isolated::end_process() {
  {
    MutexLock lock(mutex_);
    killable_ = nullptr;
    status_.pid = 0;
  }
  process_.reset();
}

Result<std::string_view> Isolated::call(Frame frame, const Packer& body, std::string_view what) {
  return call_for(frame, body, confinement_.call_timeout, what);
}

Result<std::string_view> Isolated::call_for(Frame frame, const Packer& body, milliseconds longest,
                                            std::string_view what) {
  if (process_ == nullptr) return stopped();
  auto answer = process_->call(frame, body.bytes(), longest, what,
                               [this](const Received& received) { return serve(received); });
  if (process_->end()) {
    lost(answer ? stopped() : answer.error());
  } else if (process_->link()->has_received()) {
    // What came behind the answer is in our buffer, where no watch sees it.
    instance_.runner().post("child", [self = instance_.shared_from_this(), this] { look(); });
  }
  return answer;
}

// The socket has something, or the child has died.
void Isolated::look() {
  if (process_ == nullptr) return;
  const auto more = process_->turn([this](const Received& received) { return serve(received); });
  if (!more) return lost(more.error());
  if (*more) instance_.runner().post("child", [self = instance_.shared_from_this(), this] { look(); });
  if (socket_watch_ == 0) return;
  const bool unsent = process_->link()->has_unsent();
  (void)!instance_.runner()
      .rewatch(socket_watch_, unsent ? std::uint32_t{EPOLLIN | EPOLLOUT} : std::uint32_t{EPOLLIN})
      .ok();
}

void Isolated::watch() {
  loop::Runner& runner = instance_.runner();
  runner.unwatch(socket_watch_);
  runner.unwatch(words_watch_);
  const auto socket = runner.watch(process_->link()->fd(), EPOLLIN, "child",
                                   [this](std::uint64_t, std::uint32_t) { look(); });
  socket_watch_ = socket ? *socket : 0;
  words_watch_ = 0;
  if (process_->words() < 0) return;
  const auto words =
      runner.watch(process_->words(), EPOLLIN, "child", [this](std::uint64_t id, std::uint32_t) {
        const int fd = process_ == nullptr ? -1 : process_->words();
        if (fd >= 0) process_->listen();
        if (fd < 0 || process_->words() < 0) instance_.runner().unwatch(id);
      });
  words_watch_ = words ? *words : 0;
}

// The child is no more. What was running is started again, by a job: this may be inside of a call.
void Isolated::lost(const Error& why) {
  note_end();
  loop::Runner& runner = instance_.runner();
  runner.unwatch(socket_watch_);
  runner.unwatch(words_watch_);
  socket_watch_ = words_watch_ = 0;
  process_.reset();
  if (!std::exchange(running_, false)) return;
  if (now() - born_ > kSettled) pauses_.reset();
  runner.post("restart", [self = instance_.shared_from_this(), why, pause = pauses_.next()] {
    self->restart(why, pause);
  });
}

void Isolated::note_end() {
  const ChildEnd& end = *process_->end();
  instance_.count_end(name(end.kind), end.text);
  MutexLock lock(mutex_);
  killable_ = nullptr;
  status_.pid = 0;
  status_.restarts += 1;
  status_.last_end = end.text;
}

void Isolated::hurry() {
  hurry_.by(now() + kStopPatience);
}

void Isolated::kill() {
  MutexLock lock(mutex_);
  if (killable_ != nullptr) killable_->kill();
}

ChildStatus Isolated::status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace bus::plugin
