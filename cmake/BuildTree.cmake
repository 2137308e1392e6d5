# Checks a kernel from outside the checkout with an existing build: KERNELGATE_FROM_BUILD=<its folder>
# compiles only that kernel and the program, against the libraries of the existing build. Both builds
# must have the same sources.
#   offer_build_tree()  writes kernelgate-build.cmake to this build's folder, unless this build compiled
#                       third-party libraries itself (a bundle, a fetched Kokkos), which are not exported
#   use_build_tree()    imports its targets under their usual names and adds the program
set(kernelgate_build_tree_targets
  kernelgate_core kernelgate_timing kernelgate_model kernelgate_reference kernelgate_run kernelgate_gate kernelgate_cli kernelgate_gpu
  kernelgate_builds kernelgate_compare kernelgate_history kernelgate_vectors
  kernelgate_executors kernelgate_executor_objects kernelgate_source kernelgate_source_objects
  kernelgate_checker kernelgate_kokkos kernelgate_baselines kernelgate_test_main)

function(offer_build_tree)
  set(offered ${kernelgate_build_tree_targets} kernelgate_exact kernelgate_fast kernelgate_warnings
    kernelgate_csv)
  if(NOT KERNELGATE_TESTS)
    list(REMOVE_ITEM offered kernelgate_test_main)
  endif()
  file(REMOVE "${PROJECT_BINARY_DIR}/kernelgate-build.cmake")
  foreach(library IN ITEMS fmt::fmt nlohmann_json::nlohmann_json CLI11::CLI11 benchmark::benchmark
          GTest::gtest Kokkos::kokkos)
    if(TARGET ${library})
      get_target_property(imported ${library} IMPORTED)
      if(NOT imported)
        return()
      endif()
    endif()
  endforeach()
  export(TARGETS ${offered} NAMESPACE built:: FILE "${PROJECT_BINARY_DIR}/kernelgate-build.cmake")
endfunction()

function(use_build_tree)
  set(list "${KERNELGATE_FROM_BUILD}/kernelgate-build.cmake")
  if(NOT EXISTS "${list}")
    message(FATAL_ERROR "KERNELGATE_FROM_BUILD: ${KERNELGATE_FROM_BUILD} is no configured build of "
      "kernelgate, or one that made libraries of others itself: no file kernelgate-build.cmake in it")
  endif()
  load_cache("${KERNELGATE_FROM_BUILD}" READ_WITH_PREFIX from_ CMAKE_HOME_DIRECTORY)
  if(NOT from_CMAKE_HOME_DIRECTORY STREQUAL PROJECT_SOURCE_DIR)
    message(FATAL_ERROR "KERNELGATE_FROM_BUILD: ${KERNELGATE_FROM_BUILD} was built from "
      "${from_CMAKE_HOME_DIRECTORY}, this one comes from ${PROJECT_SOURCE_DIR}; they must be the same")
  endif()
  include("${list}")
  foreach(target IN LISTS kernelgate_build_tree_targets)
    if(TARGET built::${target})
      set_target_properties(built::${target} PROPERTIES IMPORTED_GLOBAL ON)
      add_library(${target} ALIAS built::${target})
    endif()
  endforeach()
  foreach(flags IN ITEMS kernelgate_exact kernelgate_fast kernelgate_warnings kernelgate_csv)
    set_target_properties(built::${flags} PROPERTIES IMPORTED_GLOBAL ON)
  endforeach()
  add_executable(kernelgate ${PROJECT_SOURCE_DIR}/harness/cli/main.cpp)
  target_link_libraries(kernelgate PRIVATE kernelgate_cli kernelgate_kernels kernelgate_warnings)
  set_target_properties(kernelgate PROPERTIES ENABLE_EXPORTS ON)
endfunction()
