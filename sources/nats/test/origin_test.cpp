#include "sources/nats/origin.h"

#include <gtest/gtest.h>

namespace bus::nats {
namespace {

const Place kPlace{"laptop.example.org", "0123456789abcdef", "1000", "/home/me/.local/state/bus"};

TEST(Origin, IsOneTokenOfASubject) {
  EXPECT_TRUE(is_origin("a-B_9"));
  for (const char* bad : {"", "a.b", "a b", "*", ">", "ä", "a,b"}) EXPECT_FALSE(is_origin(bad)) << bad;
  EXPECT_FALSE(is_origin(std::string(65, 'a')));
}

TEST(Origin, IsTheSameAtEachStart) {
  EXPECT_EQ(origin_of(kPlace), origin_of(kPlace));
  EXPECT_TRUE(is_origin(origin_of(kPlace)));
  EXPECT_TRUE(origin_of(kPlace).starts_with("laptop-"));
}

TEST(Origin, AnotherMachineUserOrStateIsAnotherBus) {
  for (std::string Place::*part : {&Place::machine, &Place::user, &Place::state}) {
    Place other = kPlace;
    other.*part += "x";
    EXPECT_NE(origin_of(other), origin_of(kPlace));
  }
}

TEST(Origin, OddNamesOfHostsAreMadePlain) {
  Place place = kPlace;
  for (const char* host : {"", "my laptop", "ünïcode", ".x"}) {
    place.host = host;
    EXPECT_TRUE(is_origin(origin_of(place))) << host;
  }
  place.host = std::string(200, 'h');
  EXPECT_TRUE(is_origin(origin_of(place)));
}

TEST(Origin, WithoutAMachineThereIsNone) {
  Place place = kPlace;
  place.machine.clear();
  EXPECT_EQ(origin_of(place), "");
}

}  // namespace
}  // namespace bus::nats
