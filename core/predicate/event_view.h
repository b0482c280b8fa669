// EventView: an event as predicates see it. Its data is parsed once, when the first predicate asks for it.
#pragma once

#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/json/reader.h"

namespace bus::predicate {

// One thread at a time. The event must outlive the view, or be replaced by reset().
class EventView {
 public:
  EventView() = default;
  explicit EventView(const event::Event& event) : EventView(event, event.data) {}
  // For an event whose data is kept elsewhere: `data` must outlive the view, too.
  EventView(const event::Event& event, std::string_view data) : event_(&event), text_(data) {}
  EventView(const EventView&) = delete;
  EventView& operator=(const EventView&) = delete;

  // Looks at another event; the buffers stay. A loop over many events should use one view.
  void reset(const event::Event& event) { reset(event, event.data); }
  void reset(const event::Event& event, std::string_view data) {
    event_ = &event;
    text_ = data;
    parsed_ = false;
    data_ = {};
    id_.clear();
  }

  // REQUIRES: there is an event.
  const event::Event& event() const { return *event_; }
  // The parsed data; missing if the event has none, or if it is not JSON.
  json::Node data() {
    if (!parsed_) parse();
    return data_;
  }
  // The text of the event's id.
  std::string_view id() {
    if (id_.empty()) event_->id.append_to(id_);
    return id_;
  }

 private:
  void parse() {
    parsed_ = true;
    if (text_.empty()) return;
    if (const auto root = document_.parse(text_)) data_ = *root;
  }

  const event::Event* event_ = nullptr;
  std::string_view text_;
  bool parsed_ = false;
  json::Node data_;
  json::Document document_;
  std::string id_;
};

}  // namespace bus::predicate
