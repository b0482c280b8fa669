#include "core/auth/hmac.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "core/base/text.h"

namespace bus::auth {
namespace {

TEST(Hmac, HasTheVectorOfGitHub) {
  const HmacKey key(Secret("It's a Secret to Everybody"));
  EXPECT_EQ(hex(view(key.sign({"Hello, World!"}))),
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

TEST(Hmac, HasTheVectorsOfRfc4231) {
  EXPECT_EQ(hex(view(HmacKey(Secret("Jefe")).sign({"what do ya want ", "for nothing?"}))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(view(HmacKey(Secret(std::string(131, '\xaa')))
                         .sign({"Test Using Larger Than Block-Size Key - Hash Key First"}))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hmac, TakesAnEmptyKey) {
  EXPECT_EQ(hex(view(HmacKey(Secret("")).sign({}))),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, OneKeyServesManyThreads) {
  const HmacKey key(Secret("k"));
  const Digest right = key.sign({"body"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) EXPECT_EQ(key.sign({"bo", "dy"}), right);
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(Hash, HasTheVectorOfTheStandard) {
  EXPECT_EQ(hex(view(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Same, ComparesAll) {
  EXPECT_TRUE(same("", ""));
  EXPECT_TRUE(same("abc", "abc"));
  EXPECT_FALSE(same("abc", "abd"));
  EXPECT_FALSE(same("abc", "ab"));
}

}  // namespace
}  // namespace bus::auth
