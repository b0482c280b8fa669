// Events and tasks as lines for people. Everything that came from outside is made printable.
#pragma once

#include <string>
#include <string_view>

#include "core/json/reader.h"

namespace bus::cli {

// "1042  2026-11-20T08:00:00Z  github/workflow_run  octo/hello  CI failed on main". `node` is the JSON form.
std::string event_line(json::Node event);

// "finished failure  run  github:octo/hello/run/98  CI  2026-11-20T08:00:00Z".
std::string task_line(json::Node task);

// All fields of an event, one a line, then its data, indented.
std::string event_page(json::Node event);

// A JSON value over several lines, indented by two blanks a level; text is made printable.
std::string indented(json::Node value, std::size_t depth = 0);

}  // namespace bus::cli
