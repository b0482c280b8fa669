// A Store that hands everything on to another: for tests that change one thing of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/store/store.h"

namespace bus::testing {

class ForwardingStore : public store::Store {
 public:
  // `real` must outlive this.
  explicit ForwardingStore(store::Store& real) : real_(real) {}

  Result<std::vector<store::Appended>> append(std::span<store::NewEvent> events) override {
    return real_.append(events);
  }
  Status make_durable() override { return real_.make_durable(); }
  Result<store::Page> read(std::uint64_t a, std::size_t b, std::size_t c) const override {
    return real_.read(a, b, c);
  }
  Result<store::Page> read_before(std::uint64_t a, std::uint64_t b, std::size_t c) const override {
    return real_.read_before(a, b, c);
  }
  Result<store::RecordPtr> find(std::uint64_t seq) const override { return real_.find(seq); }
  Result<std::uint64_t> seq_of(const Ulid& id) const override { return real_.seq_of(id); }
  Result<std::uint64_t> seq_before(Time time) const override { return real_.seq_before(time); }
  Result<std::string> raw(std::uint64_t seq) const override { return real_.raw(seq); }
  store::Bounds bounds() const override { return real_.bounds(); }
  Result<std::vector<store::TaskRow>> tasks(const store::TaskQuery& query) const override {
    return real_.tasks(query);
  }
  Result<store::Cursor> cursor(std::string_view name) const override { return real_.cursor(name); }
  Result<std::vector<store::Cursor>> cursors() const override { return real_.cursors(); }
  Status save_cursor(std::string_view name, std::uint64_t seq) override {
    return real_.save_cursor(name, seq);
  }
  Status remove_cursor(std::string_view name) override { return real_.remove_cursor(name); }
  Result<std::optional<std::string>> value(std::string_view a, std::string_view b) const override {
    return real_.value(a, b);
  }
  Status save_value(std::string_view a, std::string_view b, std::optional<std::string_view> c) override {
    return real_.save_value(a, b, c);
  }
  Result<std::uint64_t> bury(const store::DeadLetter& a, std::string_view b, std::uint64_t c) override {
    return real_.bury(a, b, c);
  }
  Result<std::vector<store::DeadLetter>> dead_letters(const store::DeadQuery& query) const override {
    return real_.dead_letters(query);
  }
  Result<std::map<std::string, std::uint64_t>> count_dead_letters() const override {
    return real_.count_dead_letters();
  }
  Status drop_dead_letter(std::uint64_t id) override { return real_.drop_dead_letter(id); }
  store::RuleBook& rule_book() override { return real_.rule_book(); }
  Result<store::Stats> stats() const override { return real_.stats(); }
  Result<store::Pruned> prune(const store::Retention& a, std::size_t b) override { return real_.prune(a, b); }
  Status shrink(std::size_t pages) override { return real_.shrink(pages); }
  Result<std::vector<std::string>> check() const override { return real_.check(); }
  Status backup(const std::string& path) const override { return real_.backup(path); }
  Result<std::string> query(std::string_view a, const store::QueryLimits& b) const override {
    return real_.query(a, b);
  }

 private:
  store::Store& real_;
};

}  // namespace bus::testing
