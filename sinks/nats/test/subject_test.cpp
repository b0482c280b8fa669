#include "sinks/nats/subject.h"

#include <gtest/gtest.h>

namespace bus::nats {
namespace {

TEST(Subject, IsFilledIn) {
  const SubjectTemplate subject("bus.{origin}.{source}.x-{type}.{scope}");
  EXPECT_EQ(subject.fill({"desk", "github", "push", "octo/hello"}), "bus.desk.github.x-push.octo/hello");
  EXPECT_EQ(subject.wildcard(), "bus.*.*.*.*");
  EXPECT_EQ(SubjectTemplate("events").wildcard(), "events");
  EXPECT_EQ(SubjectTemplate("events").fill({}), "events");
}

TEST(Subject, WhatHasAMeaningIsTakenOut) {
  const SubjectTemplate subject("bus.{scope}");
  EXPECT_EQ(subject.fill({"", "", "", "a.b *>\tc\r\nPUB x"}), "bus.a_b____c__PUB_x");
  EXPECT_EQ(subject.fill({}), "bus._");
  EXPECT_EQ(subject.fill({"", "", "", std::string(1000, 'x')}).size(), 204u);
  EXPECT_EQ(subject.fill({"", "", "", "grün"}), "bus.grün");
}

TEST(Subject, WrongOnesAreRefused) {
  for (const char* bad :
       {"", ".", "a..b", ".a", "a.", "a b", "a.*", "a.>", "$JS.x", "{", "{nothing}", "a.{type", "{type}."})
    EXPECT_THROW(SubjectTemplate{bad}, Failure) << bad;
  EXPECT_THROW(SubjectTemplate(std::string(201, 'a')), Failure);
}

}  // namespace
}  // namespace bus::nats
