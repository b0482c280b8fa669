// The SDK's fake host, under the name that the tree's tests have for it.
#pragma once

#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"

namespace bus::testing {

using FakePluginHost = FakeHost;

}  // namespace bus::testing
