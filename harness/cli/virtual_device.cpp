// Opens the executors by the backend's name.
#include <fmt/format.h>

#include "harness/cli/virtual_runs.hpp"
#include "harness/core/error.hpp"
#include "harness/executors/source/source_device.hpp"

namespace kernelgate {

std::unique_ptr<NativeDevice> open_virtual_device(Backend backend, const DeviceProfile& profile,
                                                  std::uint64_t schedule_seed,
                                                  SourceFlavour flavour) {
  if (backend == Backend::source) {
    SourceOptions options;
    options.seed = schedule_seed;
    // The natural order, a permuted one, and permuted ones that also change threads in
    // mid-interval.
    if (schedule_seed >= 2) options.yield_every = 50;
    if (flavour == SourceFlavour::plain) options.checking = Checking::off;
    return std::make_unique<SourceDevice>(profile, options);
  }
  throw BadInput(fmt::format("this build has no executor of backend {} for device {}",
                             name(backend), profile.name));
}

}  // namespace kernelgate
