# cmake -DSOURCE=… -DWORK=… -P matrix_instructions_test.cmake
# Tests the search for matrix instructions: it accepts PTX in which every instance has the instruction
# of its type, and reports the instance, kernel or unit in which one is missing.
set(instance "_ZN11kernelgate4cuda12tiles_kernelINS0_")
set(others "Li32EEEvPKT_")
set(product "mma.sync.aligned.m16n8k16.row.col.f32")

# Escaped as in a compiler's dependency file.
string(REPLACE " " "\\ " escaped_source "${SOURCE}")
string(REPLACE " " "\\ " escaped_work "${WORK}")

function(expect message table bf16 f16)
  file(WRITE "${WORK}/tiles_entries.hpp" "${table}")
  file(WRITE "${WORK}/tiles_cuda.nv-sm90.d"
    "x.cubin: ${escaped_source}/kernels/common/dialect/cuda/matrix.hpp \\\n  ${escaped_work}/tiles_entries.hpp\n")
  file(WRITE "${WORK}/tiles_cuda.nv-sm90.ptx" ".visible .entry ${instance}4Bf16E${others}(\n${bf16}\n"
    ".visible .entry ${instance}3F16E${others}(\n${f16}\n")
  file(WRITE "${WORK}/objects.csv" "tiles,nv-sm90,${WORK}/tiles_cuda.nv-sm90.cubin,,nvcc,13,tiles.cu\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DPROFILE=nv-sm90 "-DOBJECTS=${WORK}/objects.csv"
      -DOBJDUMP=none -P "${SOURCE}/cmake/lanes/matrix_instructions.cmake"
    RESULT_VARIABLE code OUTPUT_VARIABLE text ERROR_VARIABLE text)
  string(REGEX REPLACE "[ \n]+" " " text "${text}")
  if(NOT text MATCHES "${message}")
    message(FATAL_ERROR "expected '${message}', got '${text}'")
  endif()
endfunction()

set(entry "K_MATRIX_ENTRY(\"tiles\", (tiles_kernel<T, W>), W, 64, Shared)")
expect("^1 kernel.s. on matrix instructions for nv-sm90" "${entry}"
  "${product}.bf16.bf16.f32" "${product}.f16.f16.f32")
expect("^1 kernel.s. on matrix instructions for nv-sm90"
  "K_MATRIX_ENTRY(K_NAME(tiles_name(type, W)), (tiles_kernel<T, W>), W, 64, Shared)"
  "${product}.bf16.bf16.f32" "${product}.f16.f16.f32")
expect("no matrix instruction in f16 in ${instance}3F16E" "${entry}"
  "${product}.bf16.bf16.f32" "fma.rn.f32")
expect("no matrix instruction in bf16 in ${instance}4Bf16E" "${entry}"
  "${product}.f16.f16.f32" "${product}.f16.f16.f32")
expect("no instance of other_kernel in bf16" "K_MATRIX_ENTRY(\"other\", (other_kernel<T, W>), W)"
  "${product}.bf16.bf16.f32" "${product}.f16.f16.f32")
expect("its tables name no K_MATRIX_ENTRY" "K_ENTRY(\"tiles\", (tiles_kernel<T, W>), W)"
  "${product}.bf16.bf16.f32" "${product}.f16.f16.f32")
