// push, create, delete, release.
#include "sources/github/describe.h"

namespace bus::github {

void describe_push(const Delivery& delivery, Event& event) {
  const Payload& root = delivery.root;
  const std::string_view ref = root.text("ref");
  if (ref.empty()) return describe_other(delivery, event);
  event.subject = ref;
  // A number of seconds in this event, the time of the push.
  event.time_us = root.object("repository").time_us("pushed_at");
  const std::size_t commits = root.length("commits");
  const std::string name(short_ref(ref));
  std::string who(root.object("pusher").text("name"));
  if (who.empty()) who = delivery.sender;
  if (root.flag("deleted")) {
    event.summary = name + " deleted" + in(event.scope) + by(who);
    return;
  }
  event.summary = root.flag("forced") ? "forced push of " : "push of ";
  event.summary += std::to_string(commits) + (commits == 1 ? " commit to " : " commits to ") + name;
  event.summary += in(event.scope) + by(who);
  const std::string_view message = first_line(root.object("head_commit").text("message"));
  if (!message.empty()) event.summary.append(": ").append(message);
}

void describe_ref(const Delivery& delivery, Event& event) {
  const std::string ref(delivery.root.text("ref")), kind(delivery.root.text("ref_type"));
  if (ref.empty() || kind.empty()) return describe_other(delivery, event);
  event.subject = clip(kind + "/" + ref);
  event.summary = kind + " " + ref + (delivery.event == "create" ? " created" : " deleted");
  event.summary += in(event.scope) + by(delivery.sender);
}

void describe_release(const Delivery& delivery, Event& event) {
  const Payload release = delivery.root.object("release");
  const std::string tag(release.text("tag_name"));
  if (tag.empty()) return describe_other(delivery, event);
  event.subject = clip("release/" + tag);
  event.time_us = release.time_us("published_at");
  if (event.time_us == 0) event.time_us = release.time_us("created_at");
  event.summary =
      "release " + tag + " " + std::string(delivery.action) + in(event.scope) + by(delivery.sender);
}

}  // namespace bus::github
