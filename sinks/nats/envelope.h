// A message on its way out: pure, a record in, subject, headers and body out.
#pragma once

#include <string>
#include <string_view>

#include "bus/plugin.hpp"
#include "sinks/nats/subject.h"

namespace bus::nats {

struct Envelope {
  std::string subject;
  std::string id;      // of the event where it was stored first
  std::string origin;  // that bus
  std::string source;  // who told of it there
  std::string path;    // the buses that it came through, this one last, with commas between
  std::string body;
};

enum class BodyForm { native, cloudevents };

class EnvelopeWriter {
 public:
  EnvelopeWriter(std::string_view subject, BodyForm form, bool forward)
      : subject_(subject), form_(form), forward_(forward) {}

  // What this bus is called. Before the first write.
  void set_origin(std::string origin) { origin_ = std::move(origin); }
  const SubjectTemplate& subject() const { return subject_; }

  // False: the event is not sent, since it came in through NATS and is not to be forwarded.
  bool write(const bus_record& record, Envelope& out) const;

 private:
  SubjectTemplate subject_;
  BodyForm form_;
  bool forward_;
  std::string origin_;
};

}  // namespace bus::nats
