// The C tables that a plugin's library gets in a child process. Each function goes to the ChildHost behind
// `self`.
#include <sys/epoll.h>

#include <cstring>

#include "core/base/text.h"
#include "core/plugin/child_host.h"
#include "core/plugin/event_form.h"
#include "core/plugin/expr_api.h"
#include "core/plugin/fd_events.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxLogLine = 4096;

std::int32_t emit(void* self, const bus_event* events, std::size_t count, bus_receipt* receipts,
                  bus_error* error) {
  return guarded(error, [&] { return child_of(self).emit(events, count, receipts); });
}

std::int32_t post(void* self, const bus_event* events, std::size_t count, bus_error* error) {
  return guarded(error, [&] { return child_of(self).post(events, count); });
}

void tell_words(void* self, Frame frame, std::int32_t word, bus_text words) {
  quietly(
      [&] { child_of(self).tell(frame, Packer().number(word).text(cut_utf8(view(words), kMaxLogLine))); });
}

void write_log(void* self, std::int32_t level, bus_text message) {
  tell_words(self, Frame::log, level, message);
}

void report_state(void* self, std::int32_t health, bus_text reason) {
  tell_words(self, Frame::report, health, reason);
}

std::int64_t now_us(void*) {
  return system_clock().now().us;
}

const OptionValue* find_option(void* self, const char* name) {
  const Options& options = child_of(self).options();
  const auto found = name == nullptr ? options.end() : options.find(std::string_view(name));
  return found == options.end() ? nullptr : &found->second;
}

std::size_t setting_count(void* self, const char* name) {
  std::size_t count = 0;
  quietly([&] {
    const OptionValue* option = find_option(self, name);
    if (option == nullptr) return;
    count = option->secret ? child_of(self).secret(name).size() : option->texts.size();
  });
  return count;
}

std::int32_t setting_text(void* self, const char* name, std::size_t index, bus_text* value) {
  if (value == nullptr) return BUS_INVALID;
  return guarded(nullptr, [&]() -> Status {
    const OptionValue* option = find_option(self, name);
    if (option == nullptr) return error(Code::invalid, "not set");
    std::vector<std::string_view> values(option->texts.begin(), option->texts.end());
    if (option->secret) values = child_of(self).secret(name);
    if (index >= values.size()) return error(Code::invalid, "no such value");
    *value = text_of(values[index]);
    return Ok{};
  });
}

std::int32_t setting_int(void* self, const char* name, std::int64_t* value) {
  const OptionValue* option = find_option(self, name);
  if (option == nullptr || value == nullptr || !option->number) return BUS_INVALID;
  *value = *option->number;
  return BUS_OK;
}

// bus.timer/1

std::int32_t arm(void* self, std::uint64_t delay_us, std::uint64_t period_us,
                 void (*fire)(void*, std::uint64_t), void* argument, std::uint64_t* timer, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (fire == nullptr || timer == nullptr) return bus::error(Code::invalid, "fire and timer must be given");
    ChildHost& child = child_of(self);
    if (Status good = check_timer(child.runner(), delay_us, period_us); !good) return good;
    const Mono due = system_clock().monotonic() + microseconds(static_cast<std::int64_t>(delay_us));
    *timer = child.runner().arm(due, microseconds(static_cast<std::int64_t>(period_us)), "timer",
                                [&child, fire, argument](loop::Runner::TimerId id) {
                                  child.call_locally([=] { fire(argument, id); });
                                });
    if (*timer == 0) return bus::error(Code::invalid, "an instance may have 1,024 timers at most");
    return Ok{};
  });
}

void cancel(void* self, std::uint64_t timer) {
  quietly([&] {
    loop::Runner& runner = child_of(self).runner();
    if (runner.on_thread()) runner.cancel(timer);
  });
}

// bus.fd/1

std::int32_t watch(void* self, std::int32_t fd, std::uint32_t events,
                   void (*ready)(void*, std::uint64_t, std::uint32_t), void* argument, std::uint64_t* watch,
                   bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (ready == nullptr || watch == nullptr || (events & ~kFdAsked) != 0)
      return bus::error(Code::invalid, "ready, watch and known events must be given");
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    return hand_over(
        child.runner().watch(fd, to_epoll(events), "fd",
                             [&child, ready, argument](std::uint64_t id, std::uint32_t brought) {
                               child.call_locally([=] { ready(argument, id, from_epoll(brought)); });
                             }),
        watch);
  });
}

std::int32_t modify(void* self, std::uint64_t watch, std::uint32_t events, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if ((events & ~kFdAsked) != 0) return bus::error(Code::invalid, "unknown events");
    if (Status active = child_of(self).check_active(); !active) return active;
    return child_of(self).runner().rewatch(watch, to_epoll(events));
  });
}

void remove_watch(void* self, std::uint64_t watch) {
  quietly([&] {
    loop::Runner& runner = child_of(self).runner();
    if (runner.on_thread()) runner.unwatch(watch);
  });
}

// bus.state/1

std::int32_t get_value(void* self, bus_text key, char* buffer, std::size_t capacity, std::size_t* length,
                       bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (length == nullptr) return bus::error(Code::invalid, "length must be given");
    ChildHost::Answer answer;
    Status asked = child_of(self).ask(Frame::state_get, Packer().text(view(key)), answer);
    if (!asked) return asked;
    Unpacker in(answer.rest);
    const bool there = in.number<std::uint8_t>() != 0;
    const std::string_view value = in.text();
    *length = there ? value.size() : BUS_STATE_MISSING;
    if (there && buffer != nullptr) value.copy(buffer, capacity);
    return Ok{};
  });
}

std::int32_t put_value(void* self, bus_text key, bus_text value, bus_error* error) {
  return guarded(error, [&] {
    ChildHost::Answer answer;
    return child_of(self).ask(Frame::state_put, Packer().text(view(key)).text(view(value)), answer);
  });
}

std::int32_t remove_value(void* self, bus_text key, bus_error* error) {
  return guarded(error, [&] {
    ChildHost::Answer answer;
    return child_of(self).ask(Frame::state_remove, Packer().text(view(key)), answer);
  });
}

// bus.metric/1

std::int32_t declare(void* self, std::uint32_t kind, const char* name, const char* help,
                     const bus_label* labels, std::size_t label_count, std::uint64_t* series,
                     bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (name == nullptr || help == nullptr || series == nullptr || label_count > BUS_METRIC_MAX_LABELS ||
        (label_count != 0 && labels == nullptr)) {
      return bus::error(Code::invalid, "a metric needs a kind, a name, a help text and at most 4 labels");
    }
    Packer question;
    question.number(kind).text(name).text(help).number(static_cast<std::uint32_t>(label_count));
    for (std::size_t i = 0; i < label_count; ++i)
      question.text(view(labels[i].name)).text(view(labels[i].value));
    ChildHost::Answer answer;
    Status declared = child_of(self).ask(Frame::metric_declare, question, answer);
    if (declared) *series = Unpacker(answer.rest).number<std::uint64_t>();
    return declared;
  });
}

void add(void* self, std::uint64_t series, double amount) {
  quietly([&] { child_of(self).tell(Frame::metric_add, Packer().number(series).number(amount)); });
}

void set(void* self, std::uint64_t series, double value) {
  quietly([&] { child_of(self).tell(Frame::metric_set, Packer().number(series).number(value)); });
}

// bus.expr/1 and bus.form/1

std::int32_t compile(void* self, bus_text source, const bus_text* variables, std::size_t count,
                     std::uint64_t* expression, bus_error* error) {
  return guarded(error, [&] {
    return compile_expression(child_of(self).expressions(), source, variables, count, expression);
  });
}

std::int32_t evaluate(void* self, const std::uint64_t* expressions, std::size_t expression_count,
                      const bus_expr_value* values, std::size_t value_count,
                      void (*take)(void*, std::size_t, std::int32_t, bus_text), void* argument,
                      bus_error* error) {
  return guarded(error, [&] {
    return evaluate_expressions(child_of(self).expressions(),
                                {expressions, expression_count, values, value_count}, take, argument);
  });
}

void release(void* self, std::uint64_t expression) {
  quietly([&] { child_of(self).expressions().remove(expression); });
}

std::int32_t read_form(void* self, bus_text json, void (*take)(void*, const bus_event*), void* argument,
                       bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (take == nullptr) return bus::error(Code::invalid, "take must be given");
    return take_form(child_of(self).descriptor(), view(json), system_clock().now(), take, argument);
  });
}

std::int32_t write_form(void*, const bus_record* record, void (*take)(void*, bus_text), void* argument,
                        bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (take == nullptr || record == nullptr)
      return bus::error(Code::invalid, "a record and take must be given");
    return take_cloudevent(*record, take, argument);
  });
}

constexpr bus_timer kTimer = {sizeof(bus_timer), 0, &arm, &cancel};
constexpr bus_fd kFd = {sizeof(bus_fd), 0, &watch, &modify, &remove_watch};
constexpr bus_state kState = {sizeof(bus_state), 0, &get_value, &put_value, &remove_value};
constexpr bus_metric kMetric = {sizeof(bus_metric), 0, &declare, &add, &set};
constexpr bus_expr kExpr = {sizeof(bus_expr), 0, &compile, &evaluate, &release};
constexpr bus_form kForm = {sizeof(bus_form), 0, &read_form, &write_form};

const void* get_extension(void* self, const char* id) {
  if (id == nullptr) return nullptr;
  const auto offered = [&](std::uint32_t bit, const void* table) {
    return (child_of(self).offers() & bit) != 0 ? table : nullptr;
  };
  if (std::strcmp(id, BUS_EXT_TIMER) == 0) return &kTimer;
  if (std::strcmp(id, BUS_EXT_FD) == 0) return &kFd;
  if (std::strcmp(id, BUS_EXT_STATE) == 0) return &kState;
  if (std::strcmp(id, BUS_EXT_METRIC) == 0) return &kMetric;
  if (std::strcmp(id, BUS_EXT_EXPR) == 0) return &kExpr;
  if (std::strcmp(id, BUS_EXT_FORM) == 0) return &kForm;
  if (std::strcmp(id, BUS_EXT_LATER) == 0) return &kChildLater;
  if (std::strcmp(id, BUS_EXT_RELAY) == 0) return &kChildRelay;
  if (std::strcmp(id, BUS_EXT_HTTP) == 0) return offered(kOfferHttp, &kChildHttp);
  if (std::strcmp(id, BUS_EXT_STREAM) == 0) return offered(kOfferHttp, &kChildStream);
  if (std::strcmp(id, BUS_EXT_PROCESS) == 0) return offered(kOfferProgram, &kChildProcess);
  return nullptr;
}

}  // namespace

bus_host make_child_table(ChildHost& child) {
  bus_host table{};
  table.size = sizeof table;
  table.abi_minor = BUS_ABI_MINOR;
  table.self = &child;
  table.name = text_of(child.name());
  table.emit = &emit;
  table.post = &post;
  table.log = &write_log;
  table.now_us = &now_us;
  table.report_state = &report_state;
  table.setting_count = &setting_count;
  table.setting_text = &setting_text;
  table.setting_int = &setting_int;
  table.get_extension = &get_extension;
  return table;
}

}  // namespace bus::plugin
