// The name of a thread as ps, top and debuggers show it.
#pragma once

#include <pthread.h>

#include <string>

namespace bus {
inline namespace base {

// Names the calling thread; the kernel keeps 15 bytes.
inline void name_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace base
}  // namespace bus
