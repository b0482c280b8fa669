#include "core/predicate/index.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>
#include <vector>

#include "core/json/writer.h"
#include "core/predicate/requirements.h"
#include "core/predicate/scratch.h"

namespace bus::predicate {

namespace {

struct Filed {
  Index::Handle handle = 0;
  Predicate predicate;
  bool every_event = false;
  Cover cover;
};

using Bucket = std::vector<const Filed*>;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// All predicates that are filed under values of one field.
struct Table {
  Field field;
  std::unordered_map<std::string, Bucket, TextHash, std::equal_to<>> texts;
  std::unordered_map<std::int64_t, Bucket> numbers;

  bool empty() const { return texts.empty() && numbers.empty(); }

  const Bucket* find(const Constant& constant) const {
    if (const auto* text = std::get_if<std::string>(&constant)) return find(std::string_view(*text));
    return find(std::get<std::int64_t>(constant));
  }
  const Bucket* find(std::string_view text) const {
    const auto found = texts.find(text);
    return found == texts.end() ? nullptr : &found->second;
  }
  const Bucket* find(std::int64_t number) const {
    const auto found = numbers.find(number);
    return found == numbers.end() ? nullptr : &found->second;
  }
  // The predicates that ask for that value.
  const Bucket* find(const Value& value) const {
    constexpr double kExact = 9007199254740992.0;
    if (value.is(Kind::string)) return find(value.text());
    if (numbers.empty()) return nullptr;
    if (value.is(Kind::integer)) return find(value.as_integer());
    if (value.is(Kind::uinteger)) {
      return value.as_uinteger() > INT64_MAX ? nullptr : find(static_cast<std::int64_t>(value.as_uinteger()));
    }
    if (!value.is(Kind::number) || !(std::fabs(value.as_number()) < kExact)) return nullptr;
    const auto whole = static_cast<std::int64_t>(value.as_number());
    return static_cast<double>(whole) == value.as_number() ? find(whole) : nullptr;
  }

  void put(const Constant& constant, const Filed* entry) {
    const auto* text = std::get_if<std::string>(&constant);
    Bucket& bucket = text != nullptr ? texts[*text] : numbers[std::get<std::int64_t>(constant)];
    if (bucket.empty() || bucket.back() != entry) bucket.push_back(entry);
  }
  void take(const Constant& constant, const Filed* entry) {
    const auto drop = [entry](auto& buckets, const auto& key) {
      const auto found = buckets.find(key);
      if (found == buckets.end()) return;
      std::erase(found->second, entry);
      if (found->second.empty()) buckets.erase(found);
    };
    if (const auto* text = std::get_if<std::string>(&constant)) {
      drop(texts, *text);
    } else {
      drop(numbers, std::get<std::int64_t>(constant));
    }
  }
};

}  // namespace

struct Index::Impl {
  Handle last = 0;
  std::map<Handle, std::unique_ptr<const Filed>> entries;
  std::vector<std::unique_ptr<Table>> tables;
  Bucket everywhere;  // evaluated for every event

  Table* table(const Field& field) const {
    const auto found =
        std::find_if(tables.begin(), tables.end(), [&](const auto& table) { return table->field == field; });
    return found == tables.end() ? nullptr : found->get();
  }

  // How many predicates share the places where this cover would file one.
  std::size_t company(const Cover& cover) const {
    std::size_t sum = 0;
    for (const Requirement& requirement : cover.any_of) {
      const Table* at = table(requirement.field);
      const Bucket* bucket = at == nullptr ? nullptr : at->find(requirement.constant);
      if (bucket != nullptr) sum += bucket->size();
    }
    return sum;
  }

  // The cover that promises the least work: few neighbours, in a place that few events visit. One rank more
  // counts as twice the neighbours.
  const Cover* choose(const std::vector<Cover>& from) const {
    const Cover* chosen = nullptr;
    std::size_t least = 0;
    for (const Cover& cover : from) {
      const std::size_t weight = (company(cover) + cover.any_of.size()) << cover.rank;
      if (chosen != nullptr && weight >= least) continue;
      chosen = &cover;
      least = weight;
    }
    return chosen;
  }

  void file(const Filed* entry) {
    if (entry->every_event) everywhere.push_back(entry);
    for (const Requirement& requirement : entry->cover.any_of) {
      Table* at = table(requirement.field);
      if (at == nullptr) {
        tables.push_back(std::make_unique<Table>());
        at = tables.back().get();
        at->field = requirement.field;
      }
      at->put(requirement.constant, entry);
    }
  }

  void unfile(const Filed* entry) {
    std::erase(everywhere, entry);
    for (const Requirement& requirement : entry->cover.any_of) {
      if (Table* at = table(requirement.field)) at->take(requirement.constant, entry);
    }
    std::erase_if(tables, [](const auto& table) { return table->empty(); });
  }

  // Appends what may match, each once, oldest first.
  void candidates(EventView& event, Bucket& out) const {
    {
      Scratch scratch;
      Context context(scratch.arena());
      for (const auto& table : tables) {
        const Bucket* bucket = table->find(read(table->field, event, context));
        if (bucket != nullptr) out.insert(out.end(), bucket->begin(), bucket->end());
      }
    }
    const auto older = [](const Filed* a, const Filed* b) { return a->handle < b->handle; };
    std::sort(out.begin(), out.end(), older);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    const auto middle = static_cast<std::ptrdiff_t>(out.size());
    out.insert(out.end(), everywhere.begin(), everywhere.end());
    std::inplace_merge(out.begin(), out.begin() + middle, out.end(), older);
  }
};

Index::Index() : impl_(std::make_unique<Impl>()) {}
Index::Index(Index&&) noexcept = default;
Index& Index::operator=(Index&&) noexcept = default;
Index::~Index() = default;

Index::Handle Index::add(Predicate predicate) {
  const std::vector<Cover> offered = covers(*predicate.program().root);
  const Cover* chosen = impl_->choose(offered);
  auto entry = std::make_unique<const Filed>(
      Filed{++impl_->last, std::move(predicate), chosen == nullptr, chosen == nullptr ? Cover() : *chosen});
  impl_->file(entry.get());
  impl_->entries.emplace(impl_->last, std::move(entry));
  return impl_->last;
}

bool Index::remove(Handle handle) {
  const auto found = impl_->entries.find(handle);
  if (found == impl_->entries.end()) return false;
  impl_->unfile(found->second.get());
  impl_->entries.erase(found);
  return true;
}

std::size_t Index::size() const {
  return impl_->entries.size();
}

Index::Effort Index::match(EventView& event, const Visitor& visitor) const {
  // The buffer is kept by the thread, and taken away while the visitor runs: it may match, too.
  static thread_local Bucket spare;
  Bucket candidates = std::move(spare);
  candidates.clear();
  impl_->candidates(event, candidates);
  Effort effort;
  effort.evaluated = candidates.size();
  for (const Filed* entry : candidates) {
    const Match result = predicate::match(entry->predicate, event);
    if (result == Match::error) ++effort.errors;
    if (result != Match::yes) continue;
    ++effort.matched;
    visitor(entry->handle);
  }
  spare = std::move(candidates);
  return effort;
}

std::string Index::filed_under(Handle handle) const {
  const auto found = impl_->entries.find(handle);
  if (found == impl_->entries.end()) return {};
  if (found->second->every_event) return "every event";
  std::string text;
  for (const Requirement& requirement : found->second->cover.any_of) {
    text += (text.empty() ? "" : " or ") + name(requirement.field) + " == ";
    if (const auto* constant = std::get_if<std::string>(&requirement.constant)) {
      json::append_string(text, *constant);
    } else {
      text += std::to_string(std::get<std::int64_t>(requirement.constant));
    }
  }
  return text.empty() ? "no event" : text;
}

}  // namespace bus::predicate
