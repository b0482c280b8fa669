#include "core/predicate/explain.h"

#include "core/base/text.h"
#include "core/json/writer.h"
#include "core/predicate/program.h"
#include "core/predicate/scratch.h"
#include "core/predicate/typed_json.h"
#include "core/predicate/utf8.h"

namespace bus::predicate {

namespace {

constexpr std::size_t kMaxText = 200;  // bytes of a value that are shown

std::string short_text(const Value& value) {
  if (value.is_error()) return fault_text(value);
  if (value.is(Kind::list)) return "list of " + std::to_string(value.size());
  if (value.is(Kind::map)) return "map of " + std::to_string(value.size());
  std::string text;
  const bool is_long = (value.is(Kind::string) || value.is(Kind::bytes)) && value.text().size() > kMaxText;
  if (!is_long) {
    append_plain(text, value);
  } else {
    append_plain(text, Value::string(to_utf8(cut_utf8(value.text(), kMaxText))));
    text += "…";
  }
  return text;
}

class Explainer {
 public:
  Explainer(const Program& program, const Trace& trace) : program_(program), trace_(trace) {}

  Part part(const Node& node) const {
    Part out;
    out.begin = node.begin;
    out.end = node.end;
    out.source = source(node);
    out.column = count_code_points(std::string_view(program_.source).substr(0, node.begin)) + 1;
    if (const Value* value = value_of(node)) {
      out.outcome = value->is_error() ? Part::Outcome::error : Part::Outcome::value;
      out.text = short_text(*value);
    }
    for (const Node* child : node.children) {
      if (is_shown(node, *child)) out.parts.push_back(part(*child));
    }
    return out;
  }

  // The nodes on the way from the root to the part that settled the result.
  std::vector<const Node*> path() const {
    std::vector<const Node*> path;
    for (const Node* at = program_.root; at != nullptr; at = cause(*at)) path.push_back(at);
    return path;
  }

  std::string source(const Node& node) const {
    return program_.source.substr(node.begin, node.end - node.begin);
  }
  const Value* value_of(const Node& node) const {
    const auto found = trace_.find(&node);
    return found == trace_.end() ? nullptr : &found->second;
  }

 private:
  // Literals explain themselves, and data.a.b needs no line for data.a unless that is what failed.
  bool is_shown(const Node& parent, const Node& child) const {
    if (child.op == Op::constant) return false;
    const bool plain = child.op == Op::select || child.op == Op::variable || child.op == Op::local;
    if (parent.op != Op::select && parent.op != Op::has) return true;
    const Value* value = value_of(child);
    return !plain || (value != nullptr && value->is_error());
  }

  // The child whose value made this node's; null if the node settled it itself.
  const Node* cause(const Node& node) const {
    const Value* value = value_of(node);
    if (value == nullptr) return nullptr;
    switch (node.op) {
      case Op::all_of:
      case Op::any_of: {
        const bool by_one = value->is_error() || value->is_true() == (node.op == Op::any_of);
        return by_one ? first_with(node, *value) : nullptr;
      }
      case Op::conditional: {
        const Value* condition = value_of(*node.children[0]);
        if (condition == nullptr || !condition->is(Kind::boolean)) return node.children[0];
        return node.children[condition->as_boolean() ? 1 : 2];
      }
      case Op::logical_not:
        return node.children[0];
      case Op::loop: {
        if (node.loop == Loop::bind) return node.children[1];
        const bool ended_early =
            (node.loop == Loop::all && value->is_false()) || (node.loop == Loop::exists && value->is_true());
        return ended_early ? node.children.back() : first_with(node, *value);
      }
      default:
        return value->is_error() ? first_with(node, *value) : nullptr;
    }
  }

  // The first child with the same outcome: an error, or the same bool.
  const Node* first_with(const Node& node, const Value& wanted) const {
    for (const Node* child : node.children) {
      const Value* value = value_of(*child);
      if (value == nullptr) continue;
      if (wanted.is_error() ? value->is_error()
                            : value->is(Kind::boolean) && value->is_true() == wanted.is_true()) {
        return child;
      }
    }
    return nullptr;
  }

  const Program& program_;
  const Trace& trace_;
};

void mark(Part& part, const std::vector<const Node*>& path) {
  for (const Node* node : path) {
    if (node->begin == part.begin && node->end == part.end) part.decided = true;
  }
  for (Part& child : part.parts) mark(child, path);
}

void write_lines(std::string& out, const Part& part, std::size_t depth, const Part* decisive) {
  out.append(2 * depth, ' ').append(printable(part.source));
  if (part.outcome == Part::Outcome::skipped) {
    out += "  (not evaluated)";
  } else {
    out += part.outcome == Part::Outcome::error ? "  => error: " : "  => ";
    out += printable(part.text);
  }
  if (&part == decisive) out += "   <-- this decided";
  out += '\n';
  for (const Part& child : part.parts) write_lines(out, child, depth + 1, decisive);
}

const Part& deepest_decided(const Part& part) {
  for (const Part& child : part.parts) {
    if (child.decided) return deepest_decided(child);
  }
  return part;
}

void write_part(json::Writer& out, const Part& part) {
  out.begin_object().member("source", part.source).member("column", part.column);
  out.member("begin", part.begin).member("end", part.end);
  if (part.outcome == Part::Outcome::value) out.member("value", part.text);
  if (part.outcome == Part::Outcome::error) out.member("error", part.text);
  if (part.outcome == Part::Outcome::skipped) out.member("skipped", true);
  if (part.decided) out.member("decided", true);
  if (!part.parts.empty()) {
    out.key("parts").begin_array();
    for (const Part& child : part.parts) write_part(out, child);
    out.end_array();
  }
  out.end_object();
}

std::string_view word(Match match) {
  if (match == Match::yes) return "yes";
  return match == Match::no ? "no" : "error";
}

}  // namespace

Explanation explain(const Predicate& predicate, EventView& event) {
  Scratch scratch;
  Context context(scratch.arena());
  Trace trace;
  context.event = &event;
  context.trace = &trace;
  const Program& program = predicate.program();
  const Value result = run(program, context);
  trace[program.root] = result;

  const Explainer explainer(program, trace);
  const auto path = explainer.path();
  Explanation out;
  out.match = result.is(Kind::boolean) ? (result.as_boolean() ? Match::yes : Match::no) : Match::error;
  out.root = explainer.part(*program.root);
  mark(out.root, path);
  const Value* last = explainer.value_of(*path.back());
  out.why = explainer.source(*path.back()) + (last->is_error() ? ": " : " is ") + short_text(*last);
  return out;
}

std::string to_text(const Explanation& explanation) {
  std::string out = explanation.match == Match::yes ? "match: " : "no match: ";
  if (explanation.match == Match::error) out = "no match, because of an error: ";
  out += printable(explanation.why) + "\n";
  write_lines(out, explanation.root, 0, &deepest_decided(explanation.root));
  return out;
}

std::string to_json(const Explanation& explanation) {
  std::string text;
  json::Writer out(text);
  out.begin_object().member("match", word(explanation.match)).member("why", explanation.why).key("root");
  write_part(out, explanation.root);
  out.end_object();
  return text;
}

}  // namespace bus::predicate
