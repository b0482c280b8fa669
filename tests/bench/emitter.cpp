// A source that measures its own emits. A message {"calls": N, "batch": N, "threads": N} to its intake is
// answered with the rate of events, and the median and the 99th percentile of a call in microseconds.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bus/plugin.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Source {
  bus_source table;
  bus_intake intake;
  const bus_host* host;
  std::string data = "{\"text\":\"" + std::string(360, 'x') + "\"}";
  std::string reply;
  std::uint64_t emitted = 0;
};

std::size_t number(std::string_view json, std::string_view name) {
  const auto at = json.find(name);
  if (at == std::string_view::npos) return 1;
  return std::strtoull(std::string(json.substr(json.find(':', at) + 1, 12)).c_str(), nullptr, 10);
}

std::vector<double> emit_calls(const Source& source, std::uint64_t first, std::size_t calls,
                               std::size_t batch) {
  std::vector<double> took;
  took.reserve(calls);
  std::vector<std::string> keys(batch);
  std::vector<bus_event> events(batch);
  for (std::size_t call = 0; call < calls; ++call) {
    for (std::size_t i = 0; i < batch; ++i) {
      keys[i] = std::string(source.host->name.ptr, source.host->name.len) + "-" +
                std::to_string(first + call * batch + i);
      bus_event& event = events[i];
      event = {};
      event.size = sizeof event;
      event.type = {"note", 4};
      event.scope = {"octo/hello", 10};
      event.key = {keys[i].data(), keys[i].size()};
      event.data = {source.data.data(), source.data.size()};
    }
    const auto before = Clock::now();
    if (source.host->emit(source.host->self, events.data(), batch, nullptr, nullptr) != BUS_OK) return {};
    took.push_back(std::chrono::duration<double, std::micro>(Clock::now() - before).count());
  }
  return took;
}

std::int32_t on_message(void* self, bus_text json, bus_intake_reply* reply, bus_error*) {
  Source& source = *static_cast<Source*>(self);
  const std::string_view message(json.ptr, json.len);
  const std::size_t calls = number(message, "calls"), batch = number(message, "batch"),
                    threads = number(message, "threads");
  std::vector<std::vector<double>> all(threads);
  std::vector<std::thread> running;
  const auto before = Clock::now();
  for (std::size_t i = 0; i < threads; ++i) {
    running.emplace_back([&, i, first = source.emitted + i * calls * batch] {
      all[i] = emit_calls(source, first, calls, batch);
    });
  }
  for (std::thread& one : running) one.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - before).count();
  source.emitted += threads * calls * batch;
  std::vector<double> took;
  for (const auto& some : all) took.insert(took.end(), some.begin(), some.end());
  if (took.size() != threads * calls) return BUS_FAULT;
  std::sort(took.begin(), took.end());
  source.reply = "{\"per_second\":" + std::to_string(static_cast<double>(threads * calls * batch) / seconds) +
                 ",\"p50\":" + std::to_string(took[took.size() / 2]) +
                 ",\"p99\":" + std::to_string(took[took.size() * 99 / 100]) + "}";
  reply->json = {source.reply.data(), source.reply.size()};
  return BUS_OK;
}

const void* get_extension(void* self, const char* id) {
  return std::strcmp(id, BUS_EXT_INTAKE) == 0 ? &static_cast<Source*>(self)->intake : nullptr;
}

const bus_source* create(const bus_host* host, bus_error*) {
  auto* source = new Source{};
  source->host = host;
  source->table = {sizeof source->table,
                   0,
                   source,
                   [](void*, bus_error*) { return std::int32_t{BUS_OK}; },
                   [](void*) {},
                   [](void* self) { delete static_cast<Source*>(self); },
                   &get_extension};
  source->intake = {sizeof source->intake, 0, &on_message};
  return &source->table;
}

const char* const kTypes[] = {"note"};

}  // namespace

extern "C" const bus_plugin bus_plugin_v1 = {BUS_ABI_MAJOR,
                                             BUS_ABI_MINOR,
                                             sizeof(bus_plugin),
                                             BUS_ROLE_SOURCE,
                                             "bench_emitter",
                                             "1.0",
                                             "Measures its emits.",
                                             kTypes,
                                             nullptr,
                                             1,
                                             0,
                                             0,
                                             0,
                                             &create,
                                             nullptr};
