// Where events are sent to, as the settings say it: the url and the headers of the user's. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::http {

// Code::invalid: it is no http(s) URL with a host, or holds a user, a fragment, or characters that no URL
// has.
Status check_url(std::string_view url);
// "hooks.example:8080" of a checked url, for messages: a path may hold a secret.
std::string_view name_of(std::string_view url);

// "Name: value" each. Code::invalid names the one that is malformed, that bus writes itself, or that would
// hold a secret.
Status read_headers(const std::vector<std::string_view>& lines, Http::Headers& headers);

// Addresses, networks ("10.1.0.0/16", also in IPv6) and names of hosts, as they are compared with: an IPv6
// address without its brackets. Code::invalid names the one that is none of these.
Status read_hosts(const std::vector<std::string_view>& words, std::vector<std::string>& hosts);

}  // namespace bus::http
