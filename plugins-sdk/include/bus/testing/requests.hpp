// For tests of a plugin: bus.http/1, bus.stream/1 and bus.relay/1 without any network. What the plugin asked
// waits until the test answers it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bus/testing/self.hpp"

namespace bus::testing {

struct FakeRequests {
  struct Asked {
    std::string method, url, body;
    std::map<std::string, std::string> headers;
    std::vector<std::string> allowed;
    bus_http_request calls{};  // its callback and its numbers; the rest of it is gone
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

  // Requests that are not answered, open streams, relayed requests that are not answered, by id.
  std::map<std::uint64_t, Asked> requests;
  std::map<std::uint64_t, Streaming> streams;
  std::map<std::uint64_t, Passed> relayed;

  // The server's answer to a request, or why there is none.
  void answer(std::uint64_t id, std::int32_t status, const std::string& body,
              const std::map<std::string, std::string>& headers = {}) {
    const Asked asked = take(id);
    const std::vector<bus_header> all = headers_of(headers);
    bus_http_answer out{};
    out.size = sizeof out;
    out.status = status;
    out.headers = all.data(), out.header_count = all.size();
    out.body = text_of(body);
    out.url = text_of(asked.url);
    asked.calls.on_answer(asked.calls.argument, id, &out);
  }
  void fail(std::uint64_t id, std::int32_t code, const std::string& message) {
    const Asked asked = take(id);
    bus_http_answer out{};
    out.size = sizeof out;
    out.code = code;
    out.message = text_of(message);
    asked.calls.on_answer(asked.calls.argument, id, &out);
  }
  // The head of a stream's answer, what comes then, and its end.
  void open(std::uint64_t id, std::int32_t status, const std::map<std::string, std::string>& headers = {}) {
    const bus_stream_request calls = streams.at(id).calls;
    const std::vector<bus_header> all = headers_of(headers);
    bus_http_answer head{};
    head.size = sizeof head;
    head.status = status;
    head.headers = all.data(), head.header_count = all.size();
    calls.on_open(calls.argument, id, &head);
  }
  void bring(std::uint64_t id, const std::string& bytes) {
    const bus_stream_request calls = streams.at(id).calls;
    calls.on_data(calls.argument, id, text_of(bytes));
  }
  void end(std::uint64_t id, std::int32_t code = BUS_OK, const std::string& message = {}) {
    const bus_stream_request calls = streams.at(id).calls;
    streams.erase(id);
    calls.on_close(calls.argument, id, code, text_of(message));
  }
  // What a relayed request is answered.
  void settle(std::uint64_t id, std::int32_t status, const std::string& body) {
    const Passed one = relayed.at(id);
    relayed.erase(id);
    const bus_relay_answer answer{sizeof(bus_relay_answer), status, text_of(body)};
    one.answered(one.argument, id, &answer);
  }

 protected:
  Asked take(std::uint64_t id) {
    Asked asked = requests.at(id);
    requests.erase(id);
    return asked;
  }
  static std::int32_t send(void* self, const bus_http_request* request, std::uint64_t* id, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "nobody is asked now");
    *id = ++all.last;
    Asked& one = all.requests->requests[*id];
    one.method = text_of(request->method), one.url = text_of(request->url), one.body = text_of(request->body);
    one.headers = headers_of(request->headers, request->header_count);
    for (std::uint32_t i = 0; i < request->allowed_count; ++i)
      one.allowed.push_back(text_of(request->allowed[i]));
    one.calls = *request;
    return BUS_OK;
  }
  static void cancel(void* self, std::uint64_t request) {
    FakeSelf::of(self).requests->requests.erase(request);
  }

  static std::int32_t open_stream(void* self, const bus_stream_request* request, std::uint64_t* id,
                                  bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "no streams now");
    *id = ++all.last;
    Streaming& one = all.requests->streams[*id];
    one.url = text_of(request->url), one.upgrade = text_of(request->upgrade);
    one.headers = headers_of(request->headers, request->header_count);
    one.calls = *request;
    return BUS_OK;
  }
  static std::int32_t write_stream(void* self, std::uint64_t id, bus_text bytes, bus_error* error) {
    auto& streams = FakeSelf::of(self).requests->streams;
    const auto found = streams.find(id);
    if (found == streams.end()) return refuse(error, BUS_INVALID, "there is no such stream");
    found->second.written += text_of(bytes);
    return BUS_OK;
  }
  static void close_stream(void* self, std::uint64_t id) { FakeSelf::of(self).requests->streams.erase(id); }

  static std::int32_t pass(void* self, const bus_webhook_request* request,
                           void (*answered)(void*, std::uint64_t, const bus_relay_answer*), void* argument,
                           std::uint64_t* id, bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    if (all.refusal != BUS_OK) return refuse(error, all.refusal, "nothing is relayed now");
    *id = ++all.last;
    Passed& one = all.requests->relayed[*id];
    one.path = text_of(request->path), one.body = text_of(request->body);
    one.headers = headers_of(request->headers, request->header_count);
    one.answered = answered, one.argument = argument;
    return BUS_OK;
  }
  static void forget(void* self, std::uint64_t id) { FakeSelf::of(self).requests->relayed.erase(id); }

  static constexpr bus_http kHttp = {sizeof(bus_http), 0, &send, &cancel};
  static constexpr bus_stream kStream = {sizeof(bus_stream), 0, &open_stream, &write_stream, &close_stream};
  static constexpr bus_relay kRelay = {sizeof(bus_relay), 0, &pass, &forget};
};

}  // namespace bus::testing
