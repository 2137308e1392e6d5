// kernelgate devices: lists the devices of this machine that can run kernels, and the profiles of
// virtual devices.
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <span>
#include <string_view>

#include "harness/cli/commands.hpp"
#include "harness/core/shell.hpp"
#include "harness/devices/profile.hpp"
#include "harness/executors/gpu/open_gpu.hpp"
#include "harness/records/environment.hpp"
#include "harness/run/session.hpp"
#include "harness/timing/roof.hpp"

namespace kernelgate {
namespace {

// Initialises NVIDIA's driver; other calls fail before cuInit(0). Returns the error, or nothing.
std::string start_cuda(void* driver) {
  using Init = int (*)(unsigned);
  const auto init = reinterpret_cast<Init>(dlsym(driver, "cuInit"));
  if (init == nullptr) return "none: the driver has no cuInit";
  const int code = init(0);
  return code == 0 ? "" : fmt::format("none: cuInit answered error {}", code);
}

// The name of AMD's library contains its major version (NVIDIA's is always libcuda.so.1); the plain
// name comes with the headers.
constexpr const char* hip_libraries[] = {"libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5",
                                         "libamdhip64.so"};

// Reports how many devices a vendor's library finds. Loads the library without linking it.
std::string vendor_devices(std::span<const char* const> libraries, const char* function) {
  void* handle = nullptr;
  const char* library = nullptr;
  for (const char* name : libraries) {
    library = name;
    handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (handle != nullptr) break;
  }
  if (handle == nullptr) return fmt::format("none: {} is not installed", library);
  if (std::string_view(function) == "cuDeviceGetCount") {
    if (const std::string why_not = start_cuda(handle); !why_not.empty()) return why_not;
  }
  using Count = int (*)(int*);
  const auto count_devices = reinterpret_cast<Count>(dlsym(handle, function));
  int count = 0;
  if (count_devices == nullptr) return fmt::format("none: {} has no {}", library, function);
  const int code = count_devices(&count);
  if (code != 0) return fmt::format("none: {} answered error {}", function, code);
  return fmt::format("{} device(s)", count);
}

void print_profiles() {
  fmt::print("\n{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7} {:>6}  {}\n",
             "profile", "compiler", "wave", "LDS B", "without", "LDS a", "regs a", "regs a",
             "waves", "threads", "banks", "matrix");
  fmt::print("{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7}\n", "", "target", "",
             "a block", "opt-in", "cu", "thread", "cu", "a cu", "a block");
  for (const DeviceProfile& p : device_profiles()) {
    fmt::print("{:<16} {:<8} {:>4} {:>8} {:>8} {:>8} {:>6} {:>9} {:>6} {:>7} {:>6}  {}\n", p.name,
               p.arch, p.wave, p.lds_bytes, p.lds_default_bytes, p.lds_per_cu,
               p.max_regs_per_thread, p.regs_per_cu, p.waves_per_cu, p.max_threads, p.lds_banks,
               name(p.matrix));
  }
  fmt::print("Every number with its source: {}\n",
             on_terminal("kernelgate devices --profile " + device_profiles().front().name));
}

void print_profile(const DeviceProfile& profile) {
  for (const ProfileFact& fact : profile_facts()) {
    if (fact.profile != profile.name) continue;
    fmt::print("{:<24} {:>12}  {}\n", fact.field, fact.value, fact.source);
  }
}

// Opens and reports the device that check and bench would run on. No earlier call reaches it.
void print_opened(const std::string& backend, Session& session) {
  try {
    const std::unique_ptr<GpuDevice> device = backend == "cuda" ? open_cuda() : open_hip();
    fmt::print("{:<8} {}, profile {}\n", backend, device->description(), device->profile().name);
    return;
  } catch (const Error& reason) {
    fmt::print("{:<8} {}\n", backend, reason.what());
  } catch (const NativeFault& fault) {
    fmt::print("{:<8} {}\n", backend, fault.what());
  }
  session.end_with(ExitCode::nothing_ran);
}

}  // namespace

void add_devices_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand(
      "devices", "What this machine can run kernels on, and the profiles of other devices");
  command->footer(
      "Example: kernelgate devices --profile amd-gfx942\n"
      "Example: kernelgate devices --backend cuda    exit code 5: there is none");
  auto profile = std::make_shared<std::string>();
  auto backend = std::make_shared<std::string>();
  command->add_option("--profile", *profile, "Every number of this profile, with its source");
  command->add_option("--backend", *backend, "Open the device of this backend and name it")
      ->check(CLI::IsMember({"cuda", "hip"}));
  command->callback([&session, profile, backend] {
    if (!backend->empty()) return print_opened(*backend, session);
    if (!profile->empty()) return print_profile(device_profile(*profile));
    const HostExecutor executor(session.threads);
    const Environment environment = detect_environment();
    const double memory =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    fmt::print("host     {}, {} cores, {:.1f} GB memory, {:.1f} MB last-level cache\n",
               environment.cpu, environment.cores, 1e-9 * memory,
               1e-6 * static_cast<double>(last_level_cache_bytes()));
    fmt::print("kokkos   {}\n", host_executor_text());
    constexpr const char* cuda_library[] = {"libcuda.so.1"};
    fmt::print("cuda     {}\n", vendor_devices(cuda_library, "cuDeviceGetCount"));
    fmt::print("hip      {}\n", vendor_devices(hip_libraries, "hipGetDeviceCount"));
    print_profiles();
  });
}

}  // namespace kernelgate
