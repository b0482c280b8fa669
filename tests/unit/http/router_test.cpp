#include "core/http/router.h"

#include <gtest/gtest.h>

#include "core/http/route_entry.h"

namespace bus::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  Router::Id add(std::string method, std::string path) {
    auto id = router.add({std::move(method), std::move(path), 0, [](const Request&) { return Response{}; }});
    EXPECT_TRUE(id.ok());
    return id ? *id : 0;
  }
  // The declared path that a request goes to, "404", or "405 <allowed>".
  std::string to(std::string_view method, std::string_view path) {
    const auto match = router.match(method, path);
    if (std::holds_alternative<Router::NotFound>(match)) return "404";
    if (const auto* others = std::get_if<Router::NotAllowed>(&match)) return "405 " + others->allow;
    return std::get<std::shared_ptr<RouteEntry>>(match)->route().path;
  }
  metrics::Registry registry;
  Router router{registry};
};

TEST_F(RouterTest, PrefersTheNearer) {
  add("GET", "/a");
  add("GET", "/a/*");
  add("GET", "/a/b/*");
  add("GET", "/a/b/c");
  EXPECT_EQ(to("GET", "/a"), "/a");
  EXPECT_EQ(to("GET", "/a/"), "/a/*");
  EXPECT_EQ(to("GET", "/a/x"), "/a/*");
  EXPECT_EQ(to("GET", "/a/b/x"), "/a/b/*");
  EXPECT_EQ(to("GET", "/a/b/c"), "/a/b/c");
  EXPECT_EQ(to("GET", "/ab"), "404");
  EXPECT_EQ(to("GET", "/"), "404");
}

TEST_F(RouterTest, TellsMethodsApart) {
  add("GET", "/a");
  add("POST", "/a");
  add("PUT", "/b");
  EXPECT_EQ(to("HEAD", "/a"), "/a");
  EXPECT_EQ(to("DELETE", "/a"), "405 GET, HEAD, POST");
  EXPECT_EQ(to("GET", "/b"), "405 PUT");
  EXPECT_EQ(to("get", "/a"), "405 GET, HEAD, POST");
}

TEST_F(RouterTest, ForgetsWhatIsRemoved) {
  const auto id = add("GET", "/a");
  router.remove(id);
  router.remove(id);
  EXPECT_EQ(to("GET", "/a"), "404");
  add("GET", "/a");
  EXPECT_EQ(to("GET", "/a"), "/a");
}

TEST_F(RouterTest, RefusesRoutesThatCannotBe) {
  const Handler handler = [](const Request&) { return Response{}; };
  add("GET", "/a");
  EXPECT_EQ(router.add({"GET", "/a", 0, handler}).error().code, Code::conflict);
  EXPECT_EQ(router.add({"GET", "a", 0, handler}).error().code, Code::invalid);
  EXPECT_EQ(router.add({"GET", "/a?b", 0, handler}).error().code, Code::invalid);
  EXPECT_EQ(router.add({"G T", "/b", 0, handler}).error().code, Code::invalid);
  EXPECT_EQ(router.add({"GET", "/b", 0, nullptr}).error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::http
