// pull_request and its reviews, comments and threads; issues and issue_comment.
#include "sources/github/describe.h"

namespace bus::github {
namespace {

// "#42 Mend the door"
std::string titled(const Payload& thing) {
  std::string out = change_of(thing);
  if (const std::string_view title = thing.text("title"); !title.empty()) out.append(" ").append(title);
  return out;
}

// The time of what happened: the part's own, else that of the whole.
std::int64_t time_of(const Payload& part, const char* field, const Payload& whole) {
  const std::int64_t time = part.time_us(field);
  return time != 0 ? time : whole.time_us("updated_at");
}

}  // namespace

void describe_pull(const Delivery& delivery, Event& event) {
  const Payload pull = delivery.root.object("pull_request");
  const auto number = pull.number("number");
  if (!number) return describe_other(delivery, event);
  event.subject = "pull/" + std::to_string(*number);
  std::string what = "pull request";
  std::string did(delivery.action);
  if (delivery.event == "pull_request") {
    event.time_us = pull.time_us("updated_at");
    if (did == "closed" && pull.flag("merged")) did = "merged";
  } else if (delivery.event == "pull_request_review") {
    const Payload review = delivery.root.object("review");
    event.time_us = time_of(review, "submitted_at", pull);
    what = "review of pull request";
    if (did == "submitted" && !review.text("state").empty()) did = review.text("state");
  } else if (delivery.event == "pull_request_review_comment") {
    event.time_us = time_of(delivery.root.object("comment"), "updated_at", pull);
    what = "review comment on pull request";
  } else {
    event.time_us = pull.time_us("updated_at");
    what = "review thread of pull request";
  }
  event.summary = what + " " + did + ": " + titled(pull) + in(event.scope) + by(delivery.sender);
}

void describe_issue(const Delivery& delivery, Event& event) {
  const Payload issue = delivery.root.object("issue");
  const auto number = issue.number("number");
  if (!number) return describe_other(delivery, event);
  const bool of_pull = issue.object("pull_request").exists();
  const bool comment = delivery.event == "issue_comment";
  event.subject = (of_pull ? "pull/" : "issue/") + std::to_string(*number);
  event.time_us =
      comment ? time_of(delivery.root.object("comment"), "updated_at", issue) : issue.time_us("updated_at");
  const std::string what = of_pull ? "pull request" : "issue";
  event.summary = (comment ? "comment on " + what : what) + " " + std::string(delivery.action) + ": " +
                  titled(issue) + in(event.scope) + by(delivery.sender);
}

}  // namespace bus::github
