// The SDK's events as text.
#pragma once

#include "bus/testing/render.hpp"
