// An HttpClient that answers from a script and remembers what it was asked.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/http/client.h"
#include "core/http/conversation.h"

namespace bus::testing {

// Safe for concurrent use.
class FakeHttp final : public http::HttpClient {
 public:
  // The next answer to "GET http://host/path"; the last one of a request is given again and again.
  void script(const std::string& request, Result<http::ClientResponse> answer) {
    MutexLock lock(mutex_);
    answers_[request].push_back(std::move(answer));
  }

  Result<http::ClientResponse> send(const http::ClientRequest& request) override {
    MutexLock lock(mutex_);
    asked_.push_back(request);
    auto& queue = answers_[request.method + " " + request.url];
    if (queue.empty())
      return error(Code::unavailable, "no answer was scripted for " + request.method + " " + request.url);
    Result<http::ClientResponse> answer = queue.front();
    if (queue.size() > 1) queue.pop_front();
    return answer;
  }

  Result<std::unique_ptr<http::Conversation>> converse(const http::ClientRequest&,
                                                       const http::Manner&) override {
    return error(Code::unavailable, "no conversation was scripted");
  }

  // Every request so far, in order.
  std::vector<http::ClientRequest> asked() const {
    MutexLock lock(mutex_);
    return asked_;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::deque<Result<http::ClientResponse>>> answers_ BUS_GUARDED_BY(mutex_);
  std::vector<http::ClientRequest> asked_ BUS_GUARDED_BY(mutex_);
};

}  // namespace bus::testing
