// C++ layer: from the function tables to the classes. Nothing here is for plugins to call.
#pragma once

#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bus/plugin.hpp"

namespace bus {
inline namespace sdk {
namespace detail {

// Runs `call`, which gives a Status; whatever it throws becomes one.
template <class Call>
Status guarded(Call&& call) noexcept {
  try {
    try {
      return call();
    } catch (const Failure& failure) {
      return failure.status;
    } catch (const std::exception& error) {
      return fault(error.what());
    } catch (...) {
      return fault("threw something that is no exception");
    }
  } catch (...) {  // no memory for the text
    return Status(Code::fault, {});
  }
}

inline std::int32_t answer(const Status& status, bus_error* error) noexcept {
  if (!status.ok()) fill(error, status.code(), status.message());
  return static_cast<std::int32_t>(status.code());
}

// An instance of a source: its table, its object, and replies that stay valid until the next call.
template <class T>
struct SourceInstance {
  explicit SourceInstance(Host host) : object(host, host.settings()) {}

  static SourceInstance& of(void* self) { return *static_cast<SourceInstance*>(self); }

  static const bus_source* create(const bus_host* host, bus_error* error) noexcept {
    std::unique_ptr<SourceInstance> instance;
    const Status status = guarded([&]() -> Status {
      instance = std::make_unique<SourceInstance>(Host(host));
      instance->fill_tables();
      return {};
    });
    if (!status.ok()) return answer(status, error), nullptr;
    return &instance.release()->table;
  }

  void fill_tables() {
    table = {sizeof table, 0, this, &start, &stop, &destroy, &get_extension};
    if constexpr (std::is_base_of_v<WebhookSource, T>) {
      routes = static_cast<WebhookSource&>(object).routes();
      webhook = {sizeof webhook,
                 static_cast<std::uint32_t>(routes.size()),
                 sizeof(bus_webhook_route),
                 0,
                 routes.data(),
                 &on_request};
    }
    if constexpr (std::is_base_of_v<IntakeSource, T>) intake = {sizeof intake, 0, &on_message};
  }

  static std::int32_t start(void* self, bus_error* error) noexcept {
    return answer(guarded([&] { return of(self).object.start(); }), error);
  }
  static void stop(void* self) noexcept { of(self).object.stop(); }
  static void destroy(void* self) noexcept { delete &of(self); }

  static const void* get_extension(void* self, const char* id) noexcept {
    const std::string_view name(id);
    if (std::is_base_of_v<WebhookSource, T> && name == BUS_EXT_WEBHOOK) return &of(self).webhook;
    if (std::is_base_of_v<IntakeSource, T> && name == BUS_EXT_INTAKE) return &of(self).intake;
    return nullptr;
  }

  static std::int32_t on_request(void* self, const bus_webhook_request* request, bus_webhook_reply* reply,
                                 bus_error* error) noexcept {
    if constexpr (std::is_base_of_v<WebhookSource, T>) {
      auto& instance = of(self);
      const Status status = guarded([&] {
        WebhookReply made =
            static_cast<WebhookSource&>(instance.object)
                .on_request({request->route, view(request->method), view(request->path), view(request->query),
                             view(request->body), request->received_us, request});
        instance.reply = std::move(made.body);
        reply->status = made.http;
        reply->body = sdk::text(instance.reply);
        return made.status;
      });
      return answer(status, error);
    } else {
      return BUS_FAULT;
    }
  }

  static std::int32_t on_message(void* self, bus_text json, bus_intake_reply* reply,
                                 bus_error* error) noexcept {
    if constexpr (std::is_base_of_v<IntakeSource, T>) {
      auto& instance = of(self);
      const Status status = guarded([&] {
        IntakeReply made = static_cast<IntakeSource&>(instance.object).on_message(view(json));
        instance.reply = std::move(made.json);
        reply->json = sdk::text(instance.reply);
        return made.status;
      });
      return answer(status, error);
    } else {
      return BUS_FAULT;
    }
  }

  T object;
  bus_source table{};
  std::vector<bus_webhook_route> routes;
  bus_webhook webhook{};
  bus_intake intake{};
  std::string reply;
};

template <class T>
struct SinkInstance {
  explicit SinkInstance(Host host) : object(host, host.settings()) {}

  static SinkInstance& of(void* self) { return *static_cast<SinkInstance*>(self); }

  static const bus_sink* create(const bus_host* host, bus_error* error) noexcept {
    std::unique_ptr<SinkInstance> instance;
    const Status status = guarded([&]() -> Status {
      instance = std::make_unique<SinkInstance>(Host(host));
      instance->table = {sizeof(bus_sink), 0, instance.get(), &start, &deliver, &stop, &destroy, nullptr};
      return {};
    });
    if (!status.ok()) return answer(status, error), nullptr;
    return &instance.release()->table;
  }

  static std::int32_t start(void* self, std::uint64_t* last_seq, bus_error* error) noexcept {
    return answer(guarded([&] { return of(self).object.start(*last_seq); }), error);
  }
  static std::int32_t deliver(void* self, const bus_batch* batch, bus_delivery* delivery) noexcept {
    Delivery made;
    const Status status = guarded([&] {
      made = of(self).object.deliver(Batch(batch));
      return made.status;
    });
    made.status = status;
    fill_delivery(made, *delivery);
    return static_cast<std::int32_t>(status.code());
  }
  static void stop(void* self) noexcept { of(self).object.stop(); }
  static void destroy(void* self) noexcept { delete &of(self); }

  T object;
  bus_sink table{};
};

template <class T>
constexpr bus_plugin descriptor(bus_role role) {
  bus_plugin plugin{};
  plugin.abi_major = BUS_ABI_MAJOR;
  plugin.abi_minor = BUS_ABI_MINOR;
  plugin.size = sizeof(bus_plugin);
  plugin.role = role;
  plugin.name = T::info.name;
  plugin.version = T::info.version;
  plugin.summary = T::info.summary;
  if constexpr (requires { T::event_types; }) {
    plugin.event_types = T::event_types;
    plugin.event_type_count = static_cast<std::uint32_t>(std::size(T::event_types));
  }
  if constexpr (requires { T::options; }) {
    plugin.options = T::options;
    plugin.option_count = static_cast<std::uint32_t>(std::size(T::options));
  }
  plugin.option_stride = sizeof(bus_option);
  return plugin;
}

template <class T>
constexpr bus_plugin source_descriptor() {
  static_assert(std::is_base_of_v<Source, T>, "a source derives from bus::Source");
  bus_plugin plugin = descriptor<T>(BUS_ROLE_SOURCE);
  plugin.create_source = &SourceInstance<T>::create;
  return plugin;
}

template <class T>
constexpr bus_plugin sink_descriptor() {
  static_assert(std::is_base_of_v<Sink, T>, "a sink derives from bus::Sink");
  bus_plugin plugin = descriptor<T>(BUS_ROLE_SINK);
  plugin.create_sink = &SinkInstance<T>::create;
  return plugin;
}

}  // namespace detail
}  // namespace sdk
}  // namespace bus
