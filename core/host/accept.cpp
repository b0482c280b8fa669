#include "core/host/accept.h"

#include <future>

#include "core/rules/run_events.h"
#include "core/wire/message.h"

namespace bus::host {

Result<store::NewEvent> accept_event(const Parts& parts, Result<event::Event> event) {
  if (!event) return std::move(event).error();
  if (parts.plugins && parts.plugins->is_source(event->source)) {
    return error(Code::denied, "'" + event->source + "' is the name of a loaded source",
                 "choose another source for your own events");
  }
  if (event->source == rules::kRuleSource || event->source == rules::kOnSource) {
    return error(Code::denied, "'" + event->source + "' is the source of what rules and bus on do",
                 "choose another source for your own events");
  }
  store::NewEvent incoming;
  incoming.event = std::move(*event);
  return incoming;
}

void submit_accepted(Parts& parts, std::vector<Result<store::NewEvent>> incoming,
                     ingest::Durability durability, ingest::Hand hand, ingest::Done done) {
  std::vector<store::NewEvent> events;
  std::vector<std::optional<Error>> unread;  // one for each; empty: it is in `events`
  events.reserve(incoming.size());
  unread.reserve(incoming.size());
  for (Result<store::NewEvent>& one : incoming) {
    if (one) {
      unread.emplace_back();
      events.push_back(std::move(*one));
    } else {
      unread.emplace_back(std::move(one).error());
    }
  }
  parts.ingest->submit(std::move(events), durability, hand,
                       [unread = std::move(unread), done = std::move(done)](ingest::Answers answers) {
                         ingest::Answers all;
                         all.reserve(unread.size());
                         auto next = answers.begin();
                         for (const auto& why : unread)
                           all.push_back(why ? ingest::Answer(*why) : std::move(*next++));
                         done(std::move(all));
                       });
}

ingest::Answers append_accepted(Parts& parts, std::vector<Result<store::NewEvent>> incoming,
                                ingest::Durability durability) {
  std::promise<ingest::Answers> promise;
  submit_accepted(parts, std::move(incoming), durability, ingest::Hand::queue,
                  [&promise](ingest::Answers answers) { promise.set_value(std::move(answers)); });
  return promise.get_future().get();
}

void write_receipt(json::Writer& out, const ingest::Answer& answer) {
  out.begin_object();
  if (answer) {
    out.member("id", answer->id.text()).member("seq", answer->seq);
    out.member("duplicate", answer->kind == store::Appended::Kind::duplicate);
    out.member_if("effect", event::name(answer->effect));
  } else {
    out.key("error");
    wire::write_error(out, answer.error());
  }
  out.end_object();
}

}  // namespace bus::host
