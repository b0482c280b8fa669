#include "tests/bench/github_work.h"

#include <simdjson.h>

#include <cstdlib>
#include <memory>

#include "sources/github/normalize.h"

namespace bus::bench {

std::function<void()> making_an_event(const std::string& body) {
  auto normalizer = std::make_shared<github::Normalizer>();
  return [normalizer, &body] {
    const auto made = normalizer->normalize({"workflow_run", "5f0c0058", "application/json", body});
    if (std::get_if<Event>(&made) == nullptr) std::abort();
  };
}

std::function<void()> parsing(const std::string& body) {
  auto parser = std::make_shared<simdjson::dom::parser>();
  return [parser, &body] {
    simdjson::dom::element root;
    if (parser->parse(body).get(root) != simdjson::SUCCESS) std::abort();
  };
}

}  // namespace bus::bench
