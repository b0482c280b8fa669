// What a plugin's child process may say: everything that the host unpacks. Whatever the bytes are, it ends,
// stays within them, and takes no more memory than they are worth.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/plugin/child_forms.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus::plugin;
  if (size == 0) return 0;
  Unpacker in({reinterpret_cast<const char*>(data) + 1, size - 1});
  switch (data[0] % 9) {
    case 0: {
      bus::json::Document document;
      const UnpackedEvents events(in);
      Descriptor descriptor;
      descriptor.event_types = {"*"};
      for (std::size_t i = 0; i < events.size(); ++i) {
        (void)read_event(descriptor, events.data()[i], bus::Time{}, document);
      }
      break;
    }
    case 1:
      (void)unpack_descriptor(
          in, [](const bus_host*, bus_error*) -> const bus_source* { return nullptr; },
          [](const bus_host*, bus_error*) -> const bus_sink* { return nullptr; });
      break;
    case 2:
      (void)UnpackedRoutes(in).rows();
      break;
    case 3: {
      std::vector<bus_header> headers;
      (void)unpack_webhook(in, headers);
      break;
    }
    case 4:
      (void)unpack_options(in);
      break;
    case 5: {
      std::vector<bus_header> headers;
      (void)unpack_answer(in, headers);
      break;
    }
    case 6: {
      bus_receipt receipt{};
      receipt.size = sizeof receipt;
      unpack_receipt(in, receipt);
      break;
    }
    case 7: {
      bus_delivery delivery{};
      (void)unpack_delivery(in, delivery);
      break;
    }
    default:
      (void)unpack_status(in);
  }
  return 0;
}
