// Talk: the conversation over a channel. For this folder only.
#pragma once

#include <memory>

#include "core/http/answer_reader.h"
#include "core/http/channel.h"
#include "core/http/conversation.h"

namespace bus::http {

class Talk final : public Conversation {
 public:
  // Over a channel on which `request` has been sent.
  Talk(std::unique_ptr<Channel> channel, const ClientRequest& request, const Manner& manner);

  // Reads the head, within the channel's patience.
  Status await_head();

  const ClientResponse& head() const override { return head_; }
  Result<Heard> hear() override;
  Status say(std::string_view bytes, milliseconds patience) override;

 private:
  Status judge_upgrade() const;

  const std::unique_ptr<Channel> channel_;
  const std::shared_ptr<Cancel> cancel_;
  const std::string url_;
  const Manner manner_;
  AnswerReader reader_;
  ClientResponse head_;
  bool over_ = false;  // the body is complete
};

}  // namespace bus::http
