# The backends cuda and hip: finds their requirements and compiles the units of native kernels with host
# and device code in one object, for the targets of KERNELGATE_CUDA_ARCHS and KERNELGATE_HIP_ARCHS.
#   KERNELGATE_CUDA_INCLUDE, KERNELGATE_CUDART    headers and static runtime of nvcc's toolkit
#   KERNELGATE_HIP_INCLUDE, KERNELGATE_AMDHIP     headers (e.g. from ci/deps/rocm.sh) and libamdhip64
include(DeviceCompilers)

set(KERNELGATE_CUDA_ARCHS "80;86;89;90;100;120" CACHE STRING "Targets of the cuda backend, as of sm_")
set(KERNELGATE_HIP_ARCHS "gfx90a;gfx942;gfx950;gfx1030;gfx1100;gfx1151;gfx1201" CACHE STRING
  "Targets of the hip backend")

set(kernelgate_nvcc_werror "")
if(KERNELGATE_WERROR)
  set(kernelgate_nvcc_werror -Werror all-warnings)
endif()

# Finds the requirements of the cuda backend other than nvcc.
macro(find_cuda_runtime)
  file(REAL_PATH ${KERNELGATE_NVCC} nvcc)
  cmake_path(GET nvcc PARENT_PATH toolkit)
  cmake_path(GET toolkit PARENT_PATH toolkit)
  find_path(KERNELGATE_CUDA_INCLUDE cuda_runtime.h HINTS ${toolkit}/include
    ${toolkit}/targets/x86_64-linux/include ${toolkit}/targets/sbsa-linux/include NO_DEFAULT_PATH)
  find_library(KERNELGATE_CUDART cudart_static HINTS ${toolkit}/lib64 ${toolkit}/lib
    ${toolkit}/targets/x86_64-linux/lib ${toolkit}/targets/sbsa-linux/lib NO_DEFAULT_PATH)
endmacro()

# Finds the requirements of the hip backend other than clang.
macro(find_hip_runtime)
  find_path(KERNELGATE_HIP_INCLUDE hip/hip_runtime_api.h
    HINTS ${KERNELGATE_ROCM}/usr ENV ROCM_PATH /opt/rocm PATH_SUFFIXES include)
  find_library(KERNELGATE_AMDHIP NAMES amdhip64 libamdhip64.so.7 libamdhip64.so.6 libamdhip64.so.5
    HINTS ENV ROCM_PATH /opt/rocm PATH_SUFFIXES lib lib64)
endmacro()

if(KERNELGATE_CUDA)
  if(NOT KERNELGATE_CUDA_MISSING)
    find_cuda_runtime()
  endif()
  if(KERNELGATE_CUDA_MISSING OR NOT KERNELGATE_CUDA_INCLUDE OR NOT KERNELGATE_CUDART)
    message(FATAL_ERROR "KERNELGATE_CUDA: needs nvcc, cuda_runtime.h and libcudart_static of one "
      "toolkit; ${KERNELGATE_CUDA_MISSING}")
  endif()
endif()
if(KERNELGATE_HIP)
  if(NOT KERNELGATE_HIP_MISSING)
    find_hip_runtime()
  endif()
  if(KERNELGATE_HIP_MISSING OR NOT KERNELGATE_HIP_INCLUDE OR NOT KERNELGATE_AMDHIP)
    message(FATAL_ERROR "KERNELGATE_HIP: needs clang++-22, HIP's headers and libamdhip64; "
      "${KERNELGATE_HIP_MISSING} ${KERNELGATE_ROCM_MISSING}")
  endif()
endif()

# Sets <variable> to the include option for kernels outside the checkout.
function(kernel_root_option variable root)
  set(option "")
  if(NOT root STREQUAL PROJECT_SOURCE_DIR)
    set(option -I${root})
  endif()
  set(${variable} ${option} PARENT_SCOPE)
endfunction()

# add_cuda_unit(<target> <source>): adds an object with code for every GPU target to the sources of <target>.
function(add_cuda_unit target source)
  cmake_path(ABSOLUTE_PATH source)
  cmake_path(GET source STEM unit)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${unit}.cuda.o)
  depfile_target(made ${object})
  kernel_root_option(root ${kernelgate_root})
  set(codes "")
  foreach(arch IN LISTS KERNELGATE_CUDA_ARCHS)
    list(APPEND codes -gencode arch=compute_${arch},code=sm_${arch})
  endforeach()
  add_custom_command(OUTPUT ${object}
    COMMAND ${KERNELGATE_NVCC} ${codes} -O3 -std=c++20 -fmad=false ${kernelgate_nvcc_werror}
            -ccbin ${CMAKE_CXX_COMPILER} -Xcompiler -fPIC -I${PROJECT_SOURCE_DIR}
            -I${PROJECT_SOURCE_DIR}/kernels/common/dialect/cuda ${root} -MD -MF ${object}.d -MT ${made}
            -c -o ${object} ${source}
    DEPENDS ${source} DEPFILE ${object}.d
    COMMENT "${unit} for CUDA" VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_custom_target(${target}_cuda_object DEPENDS ${object})
  add_library(${target}_cuda INTERFACE)
  target_link_libraries(${target}_cuda INTERFACE ${object} ${KERNELGATE_CUDART} ${CMAKE_DL_LIBS} rt pthread)
  add_dependencies(${target}_cuda ${target}_cuda_object)
endfunction()

# The same for HIP, with one wave width per GPU target, the compiler's default.
function(add_hip_unit target source)
  cmake_path(ABSOLUTE_PATH source)
  cmake_path(GET source STEM unit)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${unit}.hip.o)
  depfile_target(made ${object})
  kernel_root_option(root ${kernelgate_root})
  set(archs "")
  foreach(arch IN LISTS KERNELGATE_HIP_ARCHS)
    list(APPEND archs --offload-arch=${arch})
  endforeach()
  add_custom_command(OUTPUT ${object}
    COMMAND ${KERNELGATE_HIP_CLANG} -x hip ${archs} -O3 -std=c++20 -ffp-contract=off -fPIC
            -nogpuinc -nogpulib -I${PROJECT_SOURCE_DIR} -I${PROJECT_SOURCE_DIR}/kernels/common/dialect/hip
            ${root} -MD -MF ${object}.d -MT ${made}
            -c -o ${object} ${source}
    DEPENDS ${source} DEPFILE ${object}.d
    COMMENT "${unit} for HIP" VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  add_custom_target(${target}_hip_object DEPENDS ${object})
  add_library(${target}_hip INTERFACE)
  target_link_libraries(${target}_hip INTERFACE ${object} ${KERNELGATE_AMDHIP})
  add_dependencies(${target}_hip ${target}_hip_object)
endfunction()
