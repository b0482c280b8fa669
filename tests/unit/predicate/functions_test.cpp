#include "core/predicate/functions/functions.h"

#include <gtest/gtest.h>

#include "core/base/file.h"
#include "core/predicate/macros.h"
#include "core/predicate/variables.h"

namespace bus::predicate {
namespace {

TEST(Functions, AreFoundByNameAndStyle) {
  EXPECT_NE(function_named("size", Style::global), nullptr);
  EXPECT_NE(function_named("size", Style::method), nullptr);
  EXPECT_EQ(function_named("int", Style::method), nullptr);
  EXPECT_EQ(function_named("startsWith", Style::global), nullptr);
  EXPECT_EQ(function_named("nothing", Style::global), nullptr);
}

TEST(Functions, NamesMacrosAndVariablesAreAllInThePage) {
  const auto page = read_file(BUS_PREDICATES_PAGE, 1 << 20);
  ASSERT_TRUE(page);
  const auto has = [&](std::string_view name, std::string_view after) {
    return page->find(std::string(name) + std::string(after)) != std::string::npos;
  };
  for (const Function& function : functions()) EXPECT_TRUE(has(function.name, "(")) << function.name;
  for (const std::string_view name : macro_names()) EXPECT_TRUE(has(name, "(")) << name;
  for (const std::string_view name : variable_names()) EXPECT_TRUE(has("`" + std::string(name), "`")) << name;
  for (const std::string_view name : task_field_names())
    EXPECT_TRUE(has("`" + std::string(name), "`")) << name;
}

}  // namespace
}  // namespace bus::predicate
