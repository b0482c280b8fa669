// The extensions of FakePluginHost: what a plugin asked for is kept, and the test calls back when it likes.
// One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.h"

namespace bus::testing {

// `self` of every table is the FakeAbilities.
struct FakeAbilities {
  struct Timer {
    std::uint64_t delay_us = 0, period_us = 0;
    void (*fire)(void*, std::uint64_t) = nullptr;
    void* argument = nullptr;
  };
  struct Watch {
    std::int32_t fd = -1;
    std::uint32_t events = 0;
    void (*ready)(void*, std::uint64_t, std::uint32_t) = nullptr;
    void* argument = nullptr;
  };

  struct Started {
    std::string path, cwd;
    std::uint32_t flags = 0;
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;
    bus_program calls{};  // its callbacks; the rest of it is gone
    std::uint32_t reading = BUS_STDOUT | BUS_STDERR;
    std::string written;  // to its stdin
    std::int32_t write_answer = BUS_OK;
    bool in_closed = false, stopped = false;
  };

  struct Asked {
    std::string method, url, body;
    std::map<std::string, std::string> headers;
    std::vector<std::string> allowed;
    bus_http_request calls{};  // its callback and its numbers; the rest of it is gone
  };
  // What a sink has said of its batches.
  struct Answered {
    std::int32_t code = BUS_OK;
    bus_delivery delivery{};
  };

  struct Streaming {
    std::string url, upgrade;
    std::map<std::string, std::string> headers;
    bus_stream_request calls{};  // its callbacks; the rest of it is gone
    std::string written;
  };
  struct Passed {
    std::string path, body;
    std::map<std::string, std::string> headers;
    void (*answered)(void*, std::uint64_t, const bus_relay_answer*) = nullptr;
    void* argument = nullptr;
  };

  // Armed timers, watches that are not removed, programs that have not ended, requests that are not answered,
  // open streams, relayed requests that are not answered, durable values, by id or key.
  std::map<std::uint64_t, Timer> timers;
  std::map<std::uint64_t, Watch> watches;
  std::map<std::uint64_t, Started> programs;
  std::map<std::uint64_t, Asked> requests;
  std::map<std::uint64_t, Streaming> streams;
  std::map<std::uint64_t, Passed> relayed;
  std::map<std::string, std::string> state;
  const bus_expr* expr = nullptr;      // plugin_expressions(), if the plugin needs it
  std::int32_t start_answer = BUS_OK;  // to starts of programs
  // What texts are as events: what is not here is none.
  struct Form {
    std::string type, key = {}, data = {};
  };
  std::map<std::string, Form> forms;
  std::vector<Answered> answered;         // to batches that were to be answered later
  std::vector<std::uint32_t> progressed;  // and on the way to it

  // Fires the timer with that id; one that is not periodic is gone then.
  void fire(std::uint64_t id) {
    const Timer timer = timers.at(id);
    if (timer.period_us == 0) timers.erase(id);
    timer.fire(timer.argument, id);
  }
  // Says that `fd`, which must be watched, is ready.
  void ready(std::int32_t fd, std::uint32_t events = BUS_FD_READABLE) {
    for (const auto& [id, watch] : watches) {
      if (watch.fd == fd) return watch.ready(watch.argument, id, events);
    }
  }

  // Lines (or one piece) that a program wrote.
  void output(std::uint64_t id, const std::vector<std::string>& lines,
              bus_process_stream stream = BUS_STDOUT) {
    const bus_program calls = programs.at(id).calls;
    std::vector<bus_output> items;
    items.reserve(lines.size());
    for (const std::string& line : lines)
      items.push_back({sizeof(bus_output), 0, {line.data(), line.size()}});
    calls.on_output(calls.argument, id, stream, items.data(), items.size());
  }
  // A program has ended.
  void exit(std::uint64_t id, std::int32_t code, std::int32_t signal = 0) {
    const bus_program calls = programs.at(id).calls;
    const std::uint32_t flags = programs.at(id).stopped ? std::uint32_t{BUS_EXIT_STOPPED} : 0u;
    const std::string text =
        signal != 0 ? "signal " + std::to_string(signal) : "exit " + std::to_string(code);
    programs.erase(id);
    const bus_exit how{sizeof(bus_exit), flags, code, signal, {text.data(), text.size()}};
    calls.on_exit(calls.argument, id, &how);
  }

  // The server's answer to a request, or why there is none.
  void answer(std::uint64_t id, std::int32_t status, const std::string& body,
              const std::map<std::string, std::string>& headers = {}) {
    const Asked asked = take(id);
    std::vector<bus_header> all;
    all.reserve(headers.size());
    for (const auto& [name, value] : headers)
      all.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    bus_http_answer out{};
    out.size = sizeof out;
    out.status = status;
    out.headers = all.data(), out.header_count = all.size();
    out.body = {body.data(), body.size()};
    out.url = {asked.url.data(), asked.url.size()};
    asked.calls.on_answer(asked.calls.argument, id, &out);
  }
  void fail(std::uint64_t id, std::int32_t code, const std::string& message) {
    const Asked asked = take(id);
    bus_http_answer out{};
    out.size = sizeof out;
    out.code = code;
    out.message = {message.data(), message.size()};
    asked.calls.on_answer(asked.calls.argument, id, &out);
  }
  // The head of a stream's answer, what comes then, and its end.
  void open(std::uint64_t id, std::int32_t status, const std::map<std::string, std::string>& headers = {}) {
    const bus_stream_request calls = streams.at(id).calls;
    std::vector<bus_header> all;
    all.reserve(headers.size());
    for (const auto& [name, value] : headers)
      all.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    bus_http_answer head{};
    head.size = sizeof head;
    head.status = status;
    head.headers = all.data(), head.header_count = all.size();
    calls.on_open(calls.argument, id, &head);
  }
  void bring(std::uint64_t id, const std::string& bytes) {
    const bus_stream_request calls = streams.at(id).calls;
    calls.on_data(calls.argument, id, {bytes.data(), bytes.size()});
  }
  void end(std::uint64_t id, std::int32_t code = BUS_OK, const std::string& message = {}) {
    const bus_stream_request calls = streams.at(id).calls;
    streams.erase(id);
    calls.on_close(calls.argument, id, code, {message.data(), message.size()});
  }
  // What a relayed request is answered.
  void settle(std::uint64_t id, std::int32_t status, const std::string& body) {
    const Passed one = relayed.at(id);
    relayed.erase(id);
    const bus_relay_answer answer{sizeof(bus_relay_answer), status, {body.data(), body.size()}};
    one.answered(one.argument, id, &answer);
  }
  // A program has read what was written to it.
  void drained(std::uint64_t id) {
    const bus_program calls = programs.at(id).calls;
    programs.at(id).write_answer = BUS_OK;
    calls.on_drained(calls.argument, id);
  }

  // The table of an extension; null for one that this fake does not have.
  const void* table(std::string_view id) const {
    if (id == BUS_EXT_EXPR) return expr;
    if (id == BUS_EXT_TIMER) return &kTimer;
    if (id == BUS_EXT_FD) return &kFd;
    if (id == BUS_EXT_PROCESS) return &kProcess;
    if (id == BUS_EXT_HTTP) return &kHttp;
    if (id == BUS_EXT_STREAM) return &kStream;
    if (id == BUS_EXT_RELAY) return &kRelay;
    if (id == BUS_EXT_FORM) return &kForm;
    if (id == BUS_EXT_LATER) return &kLater;
    if (id == BUS_EXT_STATE) return &kState;
    return nullptr;
  }

  void* owner = nullptr;
  std::uint64_t last = 0;

 private:
  static FakeAbilities& of(void* self) { return *static_cast<FakeAbilities*>(self); }
  static std::string text(bus_text text) { return text.len == 0 ? "" : std::string(text.ptr, text.len); }

  static std::int32_t arm(void* self, std::uint64_t delay_us, std::uint64_t period_us,
                          void (*fire)(void*, std::uint64_t), void* argument, std::uint64_t* timer,
                          bus_error*) {
    *timer = ++of(self).last;
    of(self).timers[*timer] = {delay_us, period_us, fire, argument};
    return BUS_OK;
  }
  static void cancel(void* self, std::uint64_t timer) { of(self).timers.erase(timer); }

  static std::int32_t watch(void* self, std::int32_t fd, std::uint32_t events,
                            void (*ready)(void*, std::uint64_t, std::uint32_t), void* argument,
                            std::uint64_t* watch, bus_error*) {
    *watch = ++of(self).last;
    of(self).watches[*watch] = {fd, events, ready, argument};
    return BUS_OK;
  }
  static std::int32_t modify(void* self, std::uint64_t watch, std::uint32_t events, bus_error*) {
    of(self).watches.at(watch).events = events;
    return BUS_OK;
  }
  static void unwatch(void* self, std::uint64_t watch) { of(self).watches.erase(watch); }

  static std::int32_t resolve(void*, bus_text name, bus_text, char* buffer, std::size_t capacity,
                              std::size_t* length, bus_error*) {
    const std::string path = name.ptr[0] == '/' ? text(name) : "/usr/bin/" + text(name);
    *length = path.size();
    path.copy(buffer, capacity);
    return BUS_OK;
  }
  static std::int32_t start(void* self, const bus_program* program, std::uint64_t* process, bus_error*) {
    if (of(self).start_answer != BUS_OK) return of(self).start_answer;
    *process = ++of(self).last;
    Started& one = of(self).programs[*process];
    one.path = text(program->path), one.cwd = text(program->cwd), one.flags = program->flags;
    for (std::size_t i = 0; i < program->argc; ++i) one.argv.push_back(text(program->argv[i]));
    for (std::size_t i = 0; i < program->env_count; ++i)
      one.env[text(program->env[i].name)] = text(program->env[i].value);
    one.calls = *program;
    return BUS_OK;
  }
  static std::int32_t read(void* self, std::uint64_t process, std::uint32_t streams, bus_error*) {
    of(self).programs.at(process).reading = streams;
    return BUS_OK;
  }
  static std::int32_t write(void* self, std::uint64_t process, bus_text bytes, bus_error*) {
    Started& one = of(self).programs.at(process);
    if (one.write_answer == BUS_OK) one.written += text(bytes);
    return one.write_answer;
  }
  static void close_stdin(void* self, std::uint64_t process) {
    of(self).programs.at(process).in_closed = true;
  }
  static void stop(void* self, std::uint64_t process, std::uint64_t) {
    of(self).programs.at(process).stopped = true;
  }
  static void forget(void* self, std::uint64_t process, std::uint64_t) { of(self).programs.erase(process); }
  static std::int32_t pid(void*, std::uint64_t process) { return static_cast<std::int32_t>(1000 + process); }

  Asked take(std::uint64_t id) {
    Asked asked = requests.at(id);
    requests.erase(id);
    return asked;
  }
  static std::int32_t send(void* self, const bus_http_request* request, std::uint64_t* id, bus_error*) {
    *id = ++of(self).last;
    Asked& one = of(self).requests[*id];
    one.method = text(request->method), one.url = text(request->url), one.body = text(request->body);
    for (std::size_t i = 0; i < request->header_count; ++i)
      one.headers[text(request->headers[i].name)] = text(request->headers[i].value);
    for (std::uint32_t i = 0; i < request->allowed_count; ++i)
      one.allowed.push_back(text(request->allowed[i]));
    one.calls = *request;
    return BUS_OK;
  }
  static void cancel_request(void* self, std::uint64_t request) { of(self).requests.erase(request); }

  static std::int32_t open_stream(void* self, const bus_stream_request* request, std::uint64_t* id,
                                  bus_error*) {
    *id = ++of(self).last;
    Streaming& one = of(self).streams[*id];
    one.url = text(request->url), one.upgrade = text(request->upgrade);
    for (std::size_t i = 0; i < request->header_count; ++i)
      one.headers[text(request->headers[i].name)] = text(request->headers[i].value);
    one.calls = *request;
    return BUS_OK;
  }
  static std::int32_t write_stream(void* self, std::uint64_t id, bus_text bytes, bus_error*) {
    of(self).streams.at(id).written += text(bytes);
    return BUS_OK;
  }
  static void close_stream(void* self, std::uint64_t id) { of(self).streams.erase(id); }
  static std::int32_t pass(void* self, const bus_webhook_request* request,
                           void (*answered)(void*, std::uint64_t, const bus_relay_answer*), void* argument,
                           std::uint64_t* id, bus_error*) {
    *id = ++of(self).last;
    Passed& one = of(self).relayed[*id];
    one.path = text(request->path), one.body = text(request->body);
    for (std::size_t i = 0; i < request->header_count; ++i)
      one.headers[text(request->headers[i].name)] = text(request->headers[i].value);
    one.answered = answered, one.argument = argument;
    return BUS_OK;
  }
  static void forget(void* self, std::uint64_t id) { of(self).relayed.erase(id); }

  static std::int32_t form(void* self, bus_text json, void (*take)(void*, const bus_event*), void* argument,
                           bus_error* error) {
    const auto found = of(self).forms.find(text(json));
    if (found == of(self).forms.end()) {
      constexpr std::string_view kWhy = "it is no event";
      if (error != nullptr) error->message[kWhy.copy(error->message, kWhy.size())] = '\0';
      return BUS_INVALID;
    }
    const Form& form = found->second;
    bus_event event{};
    event.size = sizeof event;
    event.type = {form.type.data(), form.type.size()};
    event.key = {form.key.data(), form.key.size()};
    event.data = {form.data.data(), form.data.size()};
    take(argument, &event);
    return BUS_OK;
  }

  // A CloudEvent with what a test needs to see.
  static std::int32_t write(void*, const bus_record* record, void (*take)(void*, bus_text), void* argument,
                            bus_error*) {
    std::string json = "{\"specversion\":\"1.0\",\"id\":\"" + text(record->id) + "\",\"source\":\"/" +
                       text(record->source) + "\",\"type\":\"dev.bus." + text(record->event->type) + "\"";
    if (record->event->subject.len != 0) json += ",\"subject\":\"" + text(record->event->subject) + "\"";
    if (record->event->data.len != 0)
      json += ",\"datacontenttype\":\"application/json\",\"data\":" + text(record->event->data);
    json += "}";
    take(argument, {json.data(), json.size()});
    return BUS_OK;
  }

  static std::int32_t answer_later(void* self, std::int32_t code, const bus_delivery* delivery, bus_error*) {
    of(self).answered.push_back({code, *delivery});
    return BUS_OK;
  }
  static std::int32_t progress(void* self, std::uint32_t accepted, bus_error*) {
    of(self).progressed.push_back(accepted);
    return BUS_OK;
  }

  static std::int32_t get(void* self, bus_text key, char* buffer, std::size_t capacity, std::size_t* length,
                          bus_error*) {
    const auto found = of(self).state.find(text(key));
    *length = found == of(self).state.end() ? BUS_STATE_MISSING : found->second.size();
    if (found != of(self).state.end()) found->second.copy(buffer, capacity);
    return BUS_OK;
  }
  static std::int32_t put(void* self, bus_text key, bus_text value, bus_error*) {
    of(self).state[text(key)] = text(value);
    return BUS_OK;
  }
  static std::int32_t remove(void* self, bus_text key, bus_error*) {
    of(self).state.erase(text(key));
    return BUS_OK;
  }

  static constexpr bus_timer kTimer = {sizeof(bus_timer), 0, &arm, &cancel};
  static constexpr bus_fd kFd = {sizeof(bus_fd), 0, &watch, &modify, &unwatch};
  static constexpr bus_process kProcess = {sizeof(bus_process), 0,     &resolve, &start, &read, &write,
                                           &close_stdin,        &stop, &forget,  &pid};
  static constexpr bus_http kHttp = {sizeof(bus_http), 0, &send, &cancel_request};
  static constexpr bus_stream kStream = {sizeof(bus_stream), 0, &open_stream, &write_stream, &close_stream};
  static constexpr bus_relay kRelay = {sizeof(bus_relay), 0, &pass, &forget};
  static constexpr bus_form kForm = {sizeof(bus_form), 0, &form, &write};
  static constexpr bus_later kLater = {sizeof(bus_later), 0, &answer_later, &progress};
  static constexpr bus_state kState = {sizeof(bus_state), 0, &get, &put, &remove};
};

}  // namespace bus::testing
