#include "sources/github/inlet.h"

#include <utility>

namespace bus::github {

std::string_view word_of(InletState::Word word) {
  switch (word) {
    case InletState::Word::connecting:
      return "connecting";
    case InletState::Word::connected:
      return "connected";
    case InletState::Word::retrying:
      return "retrying";
    case InletState::Word::waiting:
      return "waiting";
    case InletState::Word::degraded:
      break;
  }
  return "degraded";
}

Inlet::Inlet(const InletNeeds& needs) : needs_(needs), relay_(needs.host) {
  const auto counter = [&](std::string_view outcome) {
    return Metric::counter(needs.host, "tunnel_deliveries_total", "Deliveries through forwards and channels.",
                           {{"way", needs.way}, {"outcome", outcome}});
  };
  taken_ = counter("taken");
  refused_ = counter("refused");
}

Status Inlet::pass(const Relayed& delivery, Relay::Answered answered) {
  Relay::Request request;
  request.path = needs_.path;
  request.body = delivery.body;
  request.headers = delivery.headers;
  return relay_.pass(request, [this, answered = std::move(answered)](int http, std::string_view body) {
    count(http < 300);
    answered(http, body);
  });
}

void Inlet::count(bool taken) {
  if (taken) {
    ++state_.deliveries;
    state_.last_us = host().now_us();
  } else {
    ++state_.refused;
  }
  if (const auto& metric = taken ? taken_ : refused_) metric->add();
}

void Inlet::say(InletState::Word word, std::string reason) {
  if (state_.word == word && state_.reason == reason) return;
  state_.word = word;
  state_.reason = std::move(reason);
  if (needs_.changed) needs_.changed();
}

}  // namespace bus::github
