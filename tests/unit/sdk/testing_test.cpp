// The fake host and the golden cases that authors of plugins test with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "bus/plugin.hpp"
#include "bus/testing/cases.hpp"
#include "bus/testing/expect.hpp"
#include "tests/support/temp_folder.h"

namespace {

using bus::testing::CaseRun;
using bus::testing::FakeHost;
using bus::testing::Instance;
using bus::testing::parse_quantity;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Posts what it is sent, asks a server when its timer fires, and counts.
class Echo final : public bus::Source, public bus::WebhookSource, public bus::IntakeSource {
 public:
  static constexpr bus::PluginInfo info{"echo", "1", "A test source."};
  static constexpr const char* event_types[] = {"echo"};
  static constexpr bus_option options[] = {
      bus::option("every", BUS_OPT_DURATION, "How often.", "90"),
      bus::option("words", BUS_OPT_LIST, "Words.", "a, b"),
      bus::option("most", BUS_OPT_SIZE, "How much.", "2KiB"),
  };
  Echo(bus::Host host, const bus::Settings& settings)
      : host_(host),
        every_(settings.duration("every")),
        timer_(host),
        http_(host),
        state_(host),
        count_(bus::Metric::counter(host, "echoes_total", "Echoes.", {{"kind", "a"}})) {}
  bus::Status start() override {
    return timer_.every(every_, [this] {
      (void)http_.send({.url = "https://far.example/"},
                       [this](const bus::Http::Answer& answer) { (void)host_.emit(event(answer.body)); });
    });
  }
  void stop() noexcept override {
    (void)host_.emit(event("the last"));
    timer_.cancel();
  }
  ~Echo() override { (void)host_.emit(event("too late")); }
  std::vector<bus_webhook_route> routes() override {
    return {bus::webhook_route("/echo", BUS_SIGNATURE_NONE, nullptr)};
  }
  bus::WebhookReply on_request(const bus::WebhookRequest& request) override {
    if (request.body == "teapot") return {{}, 418, "{}"};
    if (request.body == "half")
      return (void)host_.post(event("half")), bus::WebhookReply{bus::denied("no"), 0, {}};
    count_.add();
    (void)state_.put("last", request.body);
    return {host_.post(event(request.body)), 0, {}};
  }
  bus::IntakeReply on_message(std::string_view json) override { return {{}, std::string(json)}; }

 private:
  static bus::Event event(std::string_view text) {
    bus::Event event;
    event.type = "echo", event.summary = text;
    return event;
  }
  bus::Host host_;
  std::chrono::microseconds every_;
  bus::Timer timer_;
  bus::Http http_;
  bus::StateStore state_;
  bus::Metric count_;
};

constexpr bus_plugin kEcho = bus::sdk::detail::source_descriptor<Echo>();

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(FakeSettings, ReadQuantitiesAsTheHostDoes) {
  EXPECT_EQ(parse_quantity("1h30m", BUS_OPT_DURATION), 5'400'000'000);
  EXPECT_EQ(parse_quantity("250ms", BUS_OPT_DURATION), 250'000);
  EXPECT_EQ(parse_quantity("25MiB", BUS_OPT_SIZE), 26'214'400);
  EXPECT_EQ(parse_quantity("-7", BUS_OPT_INT), -7);
  for (const char* bad : {"", "-", "s", "1x", "1 s", "9999999999999999999", "999999999999999w"})
    EXPECT_EQ(parse_quantity(bad, BUS_OPT_DURATION), std::nullopt) << bad;
  EXPECT_EQ(parse_quantity("1s", BUS_OPT_INT), std::nullopt);
}

TEST(FakeSettings, BeginWithTheDefaults) {
  const FakeHost host(kEcho);
  EXPECT_EQ(host.settings.number("every"), 90'000'000);  // a bare number in the table is seconds
  EXPECT_EQ(host.settings.number("most"), 2048);
  EXPECT_THAT(host.settings.values("words"), ElementsAre("a", "b"));
  EXPECT_THAT(host.settings.values("other"), IsEmpty());
}

TEST(FakeHost, DrivesASourceThroughItsLife) {
  FakeHost host(kEcho);
  {
    Instance source(kEcho, host);
    ASSERT_EQ(source.start(), BUS_OK);
    EXPECT_EQ(host.abilities.timers.begin()->second.period_us, 90'000'000u);
    EXPECT_EQ(source.request({.body = "hello"}).code, BUS_OK);
    EXPECT_EQ(source.request({.body = "teapot"}).status, 418);
    EXPECT_EQ(source.message("[1]").body, "[1]");
    host.abilities.fire_all();
    host.abilities.answer(host.abilities.requests.begin()->first, 200, "from afar");
    ASSERT_THAT(host.events, SizeIs(2));
    EXPECT_EQ(host.events[1].summary, "from afar");
    EXPECT_EQ(host.abilities.metric("echoes_total{kind=\"a\"}"), 1);
    EXPECT_EQ(host.abilities.state.at("last"), "hello");
    source.stop();
    EXPECT_THAT(host.abilities.timers, IsEmpty());
    EXPECT_THAT(host.events, SizeIs(3));  // stop may still emit
    EXPECT_EQ(host.late, 0u);
  }
  EXPECT_THAT(host.events, SizeIs(3));
  EXPECT_EQ(host.late, 1u);
}

TEST(FakeHost, RefusesAsItIsTold) {
  FakeHost host(kEcho);
  Instance source(kEcho, host);
  ASSERT_EQ(source.start(), BUS_OK);
  host.answer = BUS_UNAVAILABLE;
  EXPECT_EQ(source.request({.body = "a"}).code, BUS_UNAVAILABLE);
  host.answer = BUS_OK;
  host.judge = [](const bus::Event& event) { return event.summary == "b" ? BUS_INVALID : BUS_OK; };
  EXPECT_EQ(source.request({.body = "b"}).code, BUS_INVALID);
  EXPECT_EQ(source.request({.body = "c"}).code, BUS_OK);
  EXPECT_THAT(host.refused, SizeIs(2));
  host.abilities.self.refusal = BUS_DENIED;
  host.abilities.fire_all();
  EXPECT_THAT(host.abilities.requests, IsEmpty());
}

TEST(FakeHost, DropsWhatACallbackPostedThatThenFails) {
  FakeHost host(kEcho);
  Instance source(kEcho, host);
  ASSERT_EQ(source.start(), BUS_OK);
  EXPECT_EQ(source.request({.body = "half"}).code, BUS_DENIED);
  EXPECT_THAT(host.events, IsEmpty());
  ASSERT_THAT(host.dropped, SizeIs(1));
  EXPECT_EQ(host.dropped[0].summary, "half");
  EXPECT_EQ(source.request({.body = "whole"}).code, BUS_OK);
  EXPECT_THAT(host.events, SizeIs(1));
}

TEST(FakeHost, MayLackWhatAPluginAsksFor) {
  FakeHost host(kEcho);
  host.abilities.missing.insert(BUS_EXT_TIMER);
  Instance source(kEcho, host);
  EXPECT_EQ(source.start(), BUS_UNAVAILABLE);
  EXPECT_STREQ(source.error.message, "the host offers no timers");
}

TEST(Cases, TellWhatCameOfEachStep) {
  const bus::testing::TempFolder folder;
  const std::filesystem::path root = folder.path();
  std::filesystem::create_directories(root / "case");
  std::filesystem::create_directories(root / "tmp");
  write(root / "case/settings.txt", "every = 5s\n");
  write(root / "case/1.request", "POST /echo?a=1\nX-A: b\n\nhello\n");
  write(root / "case/2.request", "POST /echo\n\nteapot\n");
  write(root / "case/3.request", "POST /other\n\n");
  write(root / "case/4.message", "{}");
  write(root / "case/5.fire", "");
  write(root / "case/6.answer", "200\n\nfar\n");
  write(root / "case/7.batch", "note\ta\n");
  FakeHost host(kEcho);
  const std::string outcome = CaseRun(kEcho, host, root / "case", root / "tmp").outcome();
  EXPECT_EQ(outcome,
            "> 1.request\nanswer: taken\n{\n  \"type\": \"echo\",\n  \"summary\": \"hello\"\n}\n"
            "> 2.request\nanswer: 418 {}\n> 3.request\nno such route\n> 4.message\nreply: ok {}\n"
            "> 5.fire\nasks: GET https://far.example/\n"
            "> 6.answer\n{\n  \"type\": \"echo\",\n  \"summary\": \"far\"\n}\n"
            "> 7.batch\nno such step for this plugin\n"
            "{\n  \"type\": \"echo\",\n  \"summary\": \"the last\"\n}\n"
            "state: last = hello\nmetric: echoes_total{kind=\"a\"} 1\n");
}

TEST(Golden, SaysWhereATextDiffers) {
  const bus::testing::TempFolder folder;
  const std::filesystem::path file = std::filesystem::path(folder.path()) / "expected.txt";
  write(file, "a\nb\nc\n");
  EXPECT_EQ(bus::testing::golden_difference("a\nb\nc\n", file), "");
  EXPECT_EQ(bus::testing::golden_difference("a\nx\nc\n", file),
            file.string() + ":2: it is 'x', expected was 'b' (UPDATE_GOLDEN=1 writes it anew)");
  EXPECT_EQ(bus::testing::golden_difference("a\nb\n", file),
            file.string() + ":3: it is the end, expected was 'c' (UPDATE_GOLDEN=1 writes it anew)");
}

TEST(Expect, CountsWhatDoesNotHold) {
  const int before = bus::testing::failed_expectations();
  BUS_EXPECT(1 + 1 == 2);
  BUS_EXPECT(1 + 1 == 3);
  EXPECT_EQ(bus::testing::failed_expectations(), before + 1);
}

}  // namespace
