#include "harness/devices/unsupported_reason.hpp"

#include <fmt/format.h>

#include <vector>

namespace kernelgate {
namespace {

void add_lds_reason(const Needs& needs, const DeviceProfile& device,
                    std::vector<std::string>& reasons) {
  if (needs.shared_bytes > device.lds_bytes) {
    reasons.push_back(fmt::format("needs {} B of LDS, {} gives {} B to a block", needs.shared_bytes,
                                  device.name, device.lds_bytes));
  } else if (needs.shared_bytes > device.lds_default_bytes &&
             needs.lds_opt_in == LdsOptIn::not_made) {
    reasons.push_back(
        fmt::format("needs {} B of LDS, {} gives {} B to a block without the opt-in, {} B with it",
                    needs.shared_bytes, device.name, device.lds_default_bytes, device.lds_bytes));
  }
}

}  // namespace

std::optional<std::string> unsupported_reason(const Needs& needs, const DeviceProfile& device) {
  std::vector<std::string> reasons;
  if (needs.wave != 0 && needs.wave != device.wave) {
    reasons.push_back(fmt::format("is instantiated for waves of {} lanes, {} has {}", needs.wave,
                                  device.name, device.wave));
  }
  if (needs.threads > device.max_threads) {
    reasons.push_back(fmt::format("needs {} threads, {} gives {} to a block", needs.threads,
                                  device.name, device.max_threads));
  }
  add_lds_reason(needs, device, reasons);
  if (needs.registers > device.max_regs_per_thread) {
    reasons.push_back(fmt::format("needs {} registers, {} gives {} to a thread", needs.registers,
                                  device.name, device.max_regs_per_thread));
  }
  if (needs.matrix != MatrixFamily::none && needs.matrix != device.matrix) {
    reasons.push_back(fmt::format("needs matrix instructions {}, {} has {}", name(needs.matrix),
                                  device.name, name(device.matrix)));
  }
  if (reasons.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(reasons, "; "));
}

}  // namespace kernelgate
