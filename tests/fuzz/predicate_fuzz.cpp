// Compiles and evaluates what it is given: as a predicate over a fixed event, through explain and the index,
// and as an expression of a batch. Nothing may crash, hang or disagree.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/json/writer.h"
#include "core/predicate/batch.h"
#include "core/predicate/explain.h"
#include "core/predicate/index.h"

namespace {

const bus::event::Event& fixed_event() {
  static const bus::event::Event event = [] {
    bus::event::Event made;
    made.seq = 7;
    made.source = "github";
    made.type = "workflow_run";
    made.scope = "octo/hello";
    made.time = {1'795'161'600'123'456};
    made.task.emplace();
    made.task->kind = "run";
    made.task->state = bus::event::State::finished;
    made.task->result = bus::event::Outcome::failure;
    made.data = R"({"a": 1, "b": [1, 2.5, "x", null, {"c": true}], "d": {"e": "text"}, "from": "ada"})";
    return made;
  }();
  return event;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace bus::predicate;
  const std::string_view source(reinterpret_cast<const char*>(bytes), size);
  if (const auto predicate = compile(source)) {
    EventView view(fixed_event());
    const Match direct = match(*predicate, view);
    const Explanation explained = explain(*predicate, view);
    // A trace costs no steps, so both must agree.
    if (explained.match != direct) std::abort();
    to_text(explained);
    to_json(explained);
    Index index;
    index.add(*predicate);
    const auto effort = index.match(view, [](Index::Handle) {});
    if ((effort.matched == 1) != (direct == Match::yes)) std::abort();
  }
  std::string line;
  bus::json::Writer(line).begin_object().member("expr", source).end_object();
  answer_batch_line(line);
  return 0;
}
