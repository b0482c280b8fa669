// The SDK's golden cases, for GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include "bus/testing/golden.hpp"
