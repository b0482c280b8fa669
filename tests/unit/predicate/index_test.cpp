#include "core/predicate/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/predicate/sample_event.h"

namespace bus::predicate {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Predicate compiled(std::string_view source) {
  auto predicate = compile(source);
  EXPECT_TRUE(predicate) << source << ": " << predicate.error().message;
  return *predicate;
}

std::vector<Index::Handle> visited(const Index& index, EventView& view, Index::Effort* effort = nullptr) {
  std::vector<Index::Handle> handles;
  const Index::Effort spent = index.match(view, [&](Index::Handle handle) { handles.push_back(handle); });
  if (effort != nullptr) *effort = spent;
  return handles;
}

std::string filed(std::string_view source) {
  Index index;
  return index.filed_under(index.add(compiled(source)));
}

TEST(Index, FilesUnderWhatThePredicateRequires) {
  EXPECT_EQ(filed("source == 'github' && scope == 'octo/hello'"), R"(scope == "octo/hello")");
  EXPECT_EQ(filed("'run' == task.kind"), R"(task.kind == "run")");
  EXPECT_EQ(filed("task.kind in ['run', 'job'] && size(scope) > 3"),
            R"(task.kind == "run" or task.kind == "job")");
  EXPECT_EQ(filed("source == 'a' || task.id == 'b'"), R"(source == "a" or task.id == "b")");
  EXPECT_EQ(filed("data.repository['full_name'] == 'x'"), R"(data.repository.full_name == "x")");
  EXPECT_EQ(filed("from == 'ada'"), R"(data.from == "ada")");
  EXPECT_EQ(filed("data.number == 42.0"), "data.number == 42");
  EXPECT_EQ(filed("source == 'a' ? type == 'b' : scope == 'c'"), R"(type == "b" or scope == "c")");
  EXPECT_EQ(filed("false"), "no event");
  EXPECT_EQ(filed("source != 'a'"), "every event");
  EXPECT_EQ(filed("source == 'a' || scope.startsWith('b')"), "every event");
  EXPECT_EQ(filed("data.ratio == 0.5"), "every event");
  EXPECT_EQ(filed("!(source == 'a')"), "every event");
}

TEST(Index, VisitsMatchesOldestFirst) {
  const auto event = testing::sample_event();
  EventView view(event);
  Index index;
  const auto a = index.add(compiled("scope.startsWith('octo')"));
  const auto b = index.add(compiled("task.kind == 'run'"));
  index.add(compiled("source == 'docker'"));
  const auto c = index.add(compiled("source == 'github' || task.kind == 'run'"));
  index.add(compiled("data.nothing"));
  const auto d = index.add(compiled("data.number == 42u"));
  Index::Effort effort;
  EXPECT_THAT(visited(index, view, &effort), ElementsAre(a, b, c, d));
  EXPECT_EQ(effort.evaluated, 5u);
  EXPECT_EQ(effort.matched, 4u);
  EXPECT_EQ(effort.errors, 1u);
}

TEST(Index, ForgetsWhatIsRemoved) {
  const auto event = testing::sample_event();
  EventView view(event);
  Index index;
  const auto a = index.add(compiled("source == 'github'"));
  const auto b = index.add(compiled("true"));
  EXPECT_TRUE(index.remove(a));
  EXPECT_FALSE(index.remove(a));
  EXPECT_THAT(visited(index, view), ElementsAre(b));
  EXPECT_TRUE(index.remove(b));
  EXPECT_THAT(visited(index, view), IsEmpty());
  EXPECT_EQ(index.size(), 0u);
}

TEST(Index, EvaluatesOnlyWhatMayMatch) {
  const auto event = testing::sample_event();
  EventView view(event);
  Index index;
  for (int i = 0; i < 10'000; ++i) {
    index.add(compiled("source == 'github' && scope == 'octo/r" + std::to_string(i) + "'"));
  }
  for (int i = 0; i < 10; ++i) index.add(compiled("source == 'github' && scope == 'octo/hello'"));
  Index::Effort effort;
  EXPECT_EQ(visited(index, view, &effort).size(), 10u);
  EXPECT_LE(effort.evaluated, 20u);
}

TEST(Index, AVisitorMayMatchAgain) {
  const auto event = testing::sample_event();
  EventView view(event);
  Index index;
  index.add(compiled("source == 'github'"));
  index.add(compiled("true"));
  std::size_t inner = 0;
  index.match(view, [&](Index::Handle) { inner += visited(index, view).size(); });
  EXPECT_EQ(inner, 4u);
}

// Random predicates over random events: the index finds exactly what evaluating all of them finds.
class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}

  std::string predicate(int depth = 0) {
    const int form = pick(depth < 3 ? 12 : 7);
    switch (form) {
      case 0:
        return field() + " == " + literal();
      case 1:
        return literal() + " == " + field();
      case 2:
        return field() + " in [" + literal() + ", " + literal() + "]";
      case 3:
        return field() + " != " + literal();
      case 4:
        return pick(2) == 0 ? "true" : "false";
      case 5:
        return "data.list.exists(x, x == " + literal() + ")";
      case 6:
        return field();
      case 7:
      case 8:
        return "(" + predicate(depth + 1) + " && " + predicate(depth + 1) + ")";
      case 9:
        return "(" + predicate(depth + 1) + " || " + predicate(depth + 1) + ")";
      case 10:
        return "!(" + predicate(depth + 1) + ")";
      default:
        return "(" + predicate(depth + 1) + " ? " + predicate(depth + 1) + " : " + predicate(depth + 1) + ")";
    }
  }

  event::Event event() {
    event::Event event;
    event.source = word();
    event.scope = word();
    event.type = word();
    if (pick(3) > 0) {
      event.task.emplace();
      event.task->kind = word();
      event.task->id = word();
      if (pick(2) == 0) event.task->exit = pick(3);
    }
    const std::string values[] = {"1", "1.0", "2", "\"a\"", "null", "true", "[1]", "18446744073709551615"};
    if (pick(4) > 0) {
      event.data = "{\"v\":" + values[pick(8)] + ",\"deep\":{\"w\":" + values[pick(8)] + "},\"list\":[" +
                   values[pick(8)] + "]}";
    }
    return event;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string word() { return std::string(1, static_cast<char>('a' + pick(3))); }
  std::string field() {
    const char* fields[] = {"source",  "scope",     "type",   "task.kind",
                            "task.id", "task.exit", "data.v", "data.deep.w"};
    return fields[pick(8)];
  }
  std::string literal() {
    const char* numbers[] = {"1", "1u", "1.0", "2", "0.5", "true", "null"};
    return pick(2) == 0 ? "'" + word() + "'" : numbers[pick(7)];
  }

  std::mt19937 random_;
};

class IndexProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(IndexProperty, FindsWhatEvaluatingAllFinds) {
  Random random(GetParam());
  Index index;
  std::vector<std::pair<Index::Handle, Predicate>> all;
  for (int i = 0; i < 300; ++i) {
    const Predicate predicate = compiled(random.predicate());
    all.emplace_back(index.add(predicate), predicate);
  }
  for (std::size_t i = 0; i < all.size(); i += 7) EXPECT_TRUE(index.remove(all[i].first));
  for (int i = 0; i < 100; ++i) {
    const event::Event event = random.event();
    EventView view(event);
    std::vector<Index::Handle> expected;
    for (std::size_t at = 0; at < all.size(); ++at) {
      if (at % 7 != 0 && match(all[at].second, view) == Match::yes) expected.push_back(all[at].first);
    }
    EXPECT_EQ(visited(index, view), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, IndexProperty, ::testing::Range(1u, 9u));

}  // namespace
}  // namespace bus::predicate
