#include "sinks/nats/envelope.h"

#include <gtest/gtest.h>

#include "sinks/nats/test/record.h"

namespace bus::nats {
namespace {

constexpr const char* kSubject = "bus.{origin}.{source}.{type}";
constexpr const char* kCameIn =
    R"({"origin":"lap","source":"github","id":"01ORIGIN","path":["lap","far"],"data":{"x":1}})";

EnvelopeWriter writer(BodyForm form, bool forward) {
  EnvelopeWriter made(kSubject, form, forward);
  made.set_origin("desk");
  return made;
}

TEST(Envelope, CarriesTheWholeEvent) {
  Record one(7);
  Envelope out;
  ASSERT_TRUE(writer(BodyForm::native, false).write(one.record(), out));
  EXPECT_EQ(out.subject, "bus.desk.cli.note");
  EXPECT_EQ(out.id, one.id);
  EXPECT_EQ(out.origin, "desk");
  EXPECT_EQ(out.source, "cli");
  EXPECT_EQ(out.path, "desk");
  EXPECT_EQ(out.body, one.json);
}

TEST(Envelope, WhatCameInStaysHere) {
  Record one(7, "nats", kCameIn);
  Envelope out;
  EXPECT_FALSE(writer(BodyForm::native, false).write(one.record(), out));
}

TEST(Envelope, OrIsSentOnAsWhatItWas) {
  Record one(7, "nats", kCameIn);
  one.event.key = "01ORIGIN";
  Envelope out;
  ASSERT_TRUE(writer(BodyForm::native, true).write(one.record(), out));
  EXPECT_EQ(out.subject, "bus.lap.github.note");
  EXPECT_EQ(out.id, "01ORIGIN");
  EXPECT_EQ(out.origin, "lap");
  EXPECT_EQ(out.source, "github");
  EXPECT_EQ(out.path, "lap,far,desk");
  ASSERT_TRUE(writer(BodyForm::cloudevents, true).write(one.record(), out));
  EXPECT_NE(out.body.find(R"("id":"01ORIGIN","source":"/github/a/b")"), std::string::npos) << out.body;
  EXPECT_NE(out.body.find(R"("data":{"x":1})"), std::string::npos) << out.body;
}

TEST(Envelope, NothingThatCameInBreaksAHeader) {
  Record one(7, "nats", R"({"origin":"a\r\nb","path":["c,d\n",1]})");
  one.event.key = "two\r\nlines";
  Envelope out;
  ASSERT_TRUE(writer(BodyForm::native, true).write(one.record(), out));
  EXPECT_EQ(out.origin, "desk");
  EXPECT_EQ(out.path, "desk");
  EXPECT_EQ(out.id, digest("two\r\nlines"));
}

}  // namespace
}  // namespace bus::nats
