// Signatures of Standard Webhooks (standardwebhooks.com), version v1. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"

namespace bus::http {

// The value of webhook-signature: one HMAC-SHA256 of "id.seconds.body" for each secret, so that a receiver
// that knows any of them is content while they are changed. A secret is base64 behind "whsec_" or without it,
// of 24 to 64 bytes. Code::denied: there is none, or one is not like that; its text is not in the message.
Status sign(const std::vector<std::string_view>& secrets, std::string_view id, std::int64_t seconds,
            std::string_view body, std::string& signature);

}  // namespace bus::http
