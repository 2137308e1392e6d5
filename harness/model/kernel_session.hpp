// A model on the kernels of one backend: the options that choose the kernels, and their device,
// which stays open for the model's lifetime.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/executors/virtual_device.hpp"
#include "harness/model/expert_offload.hpp"
#include "harness/model/kernel_model.hpp"
#include "harness/model/model_source.hpp"
#include "harness/model/quantise_choice.hpp"
#include "harness/run/real_devices.hpp"
#include "harness/run/session.hpp"

namespace kernelgate {

/// The options --backend, --variant, --resident-experts, --expert-folder, and, for the backend
/// source, --device, --schedule-seed, --unchecked.
struct KernelChoice {
  std::string backend = "reference";
  std::vector<std::string> variants;
  std::string device = "amd-gfx942";
  std::uint64_t schedule_seed = 0;
  bool unchecked = false;
  std::int64_t resident_experts = 0;  // experts in memory, the others in a file; 0: all in memory
  std::string expert_folder;          // of that file; empty: the system's temporary folder

  bool on_reference() const { return backend == "reference"; }
  /// Throws BadInput for options that the scalar reference does not support.
  void check_reference() const;
  /// The options that reproduce this choice.
  std::vector<std::string> words() const;
};

/// Loads a model's weights for one backend and keeps the backend's device open.
class KernelSession {
 public:
  /// Whether the original weights stay in memory after quantisation.
  enum class Originals { kept, given_up };

  /// Throws BadInput for a backend without kernels in this build and for weights that do not fit,
  /// NoDevice if the backend's device is missing. With Originals::given_up, each original is freed
  /// once it is quantised, and checkpoint().weights must not be used.
  KernelSession(const Session& session, const KernelChoice& choice, const ModelSource& source,
                const QuantiseChoice& quantise = {}, Originals originals = Originals::kept);

  const reference::Checkpoint& checkpoint() const { return checkpoint_; }
  const model::KernelWeights& weights() const { return *weights_; }
  model::KernelModel& model() { return *model_; }
  /// Null if all experts are in memory.
  const model::ExpertOffload* offload() const { return offload_.get(); }
  /// "backend kokkos (Kokkos 5.2.2, OpenMP, 2 threads), bf16", then quantisation or offloading.
  std::string describe() const;

 private:
  void take_weights(const ModelSource& source, const QuantiseChoice& quantise, Originals originals);
  void offload_experts(const ModelSource& source, const QuantiseChoice& quantise);
  /// The backend's device, null for the host; this session keeps it open.
  NativeDevice* open_device(const Session& session, const KernelChoice& choice, Backend backend);

  KernelChoice choice_;
  std::unique_ptr<HostExecutor> host_;
  std::optional<RealDevices> gpus_;
  std::unique_ptr<NativeDevice> executor_;
  reference::Checkpoint checkpoint_;
  std::unique_ptr<model::KernelWeights> weights_;
  std::unique_ptr<model::ExpertOffload> offload_;
  std::unique_ptr<model::KernelModel> model_;
};

/// "experts requested 96: 62.5 % were in memory; 36 copied from the file, 12.345 MB".
std::string describe(const model::OffloadCounts& counts);

}  // namespace kernelgate
