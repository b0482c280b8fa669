# bus-plugin-check over every plugin of the tree, and plugins that are as they should not be.
if(BUS_SANITIZE)
  return()  # a plugin with a sanitizer wants its runtime in the host, and here the host is bus-plugin-check
endif()

# Settings that a machine needs to look as any other does.
set(check_docker SET host=unix:///nonexistent/docker.sock)
foreach(wing sources sinks)
  file(GLOB lists CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${wing}/*/CMakeLists.txt)
  foreach(list ${lists})
    get_filename_component(folder ${list} DIRECTORY)
    get_filename_component(name ${folder} NAME)
    if(NOT EXISTS ${folder}/sample.toml)
      message(FATAL_ERROR "${folder} has no sample.toml, and so bus-plugin-check would pass it over")
    endif()
    if(wing STREQUAL "sinks" AND EXISTS ${CMAKE_SOURCE_DIR}/sources/${name})
      set(name ${name}_sink)
    endif()
    set(cases)
    if(EXISTS ${folder}/contract)
      set(cases CASES ${folder}/contract)
    endif()
    if(TARGET ${name})
      bus_check_plugin(${name} SAMPLE ${folder}/sample.toml ${cases} ${check_${name}})
    endif()
  endforeach()
endforeach()

# Every plugin that was right in ABI 1.0 is right.
bus_check_plugin(v1_cpp_sink SET path=/dev/null)

# What is wrong is found: the check fails, and says so.
function(bus_check_finds name finding plugin)
  add_test(NAME check_finds_${name}
    COMMAND bus::plugin-check $<TARGET_FILE:${plugin}> --patience 5 ${ARGN})
  set_tests_properties(check_finds_${name} PROPERTIES LABELS contract PASS_REGULAR_EXPRESSION "failed  ${finding}")
endfunction()
bus_check_finds(another_abi "load.*built for plugin ABI 2" abi_two)
bus_check_finds(a_small_descriptor "load.*too small" too_small)
bus_check_finds(no_plugin "load.*does not export" no_symbol)
bus_check_finds(an_emit_from_destroy "nothing is emitted after stop.*after stop had returned" c_source)
bus_check_finds(a_stop_that_hangs "stop: without start.*did not come back" hanging --only stop:)
bus_check_finds(an_option_of_the_host "descriptor.*option batch has the name of a setting" swallowed --only descriptor)
bus_check_finds(a_default_of_another_type "descriptor.*default of option often" careless --only descriptor)
bus_check_finds(a_name_of_the_host "descriptor.*option memory: the host itself reads" careless --only descriptor)
foreach(row
    "fails_in_silence|.*without saying why"
    "answers_nonsense|.*77, which is no bus_code"
    "answers_no_json|.*a webhook's answer is no JSON"
    "crashes|.*it crashed .Aborted., while: a request"
    "ends_the_process|.*it ended the process"
    "opens_in_create|create touches nothing.*opened a descriptor"
    "leaks_where_it_fails|start: again after it failed.*descriptors are left open after a start that failed"
    "leaks|nothing is left after destroy.*descriptors are left"
    "needs_timers|a host that lacks one extension.*it crashed .*, without bus.timer/1"
    "hides_a_refusal|.*told that all is well"
    "says_never|four senders at a time.*told never to send it again"
    "says_again|four senders at a time.*told to send it again"
    "knows_too_early|four senders at a time.*it is not there"
    "stores_what_it_refuses|four senders at a time.*it will be there twice"
    "emits_twice|four senders at a time.*the same event twice"
    "emits_an_unnamed_type|.*does not name that type"
    "emits_no_json|.*data is no JSON")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row how finding)
  bus_check_finds(${how} ${finding} careless --set how=${how})
endforeach()
foreach(row
    "hides_a_refusal|said that an event is safe, and its server had refused it"
    "carries_twice|an event was carried out twice"
    "gives_up_at_once|refused an event for good that its server did not take for now"
    "refuses_what_is_taken|refused an event for good, and its server had taken it"
    "accepts_too_much|accepted more than it was given")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row how finding)
  bus_check_finds(sink_${how} "four senders at a time.*${finding}" careless_sink --only four --set how=${how})
endforeach()
bus_check_plugin(careless_sink NAME check_a_careful_sink)

# What is thrown out of a callback, each in its turn.
foreach(row "create|create" "start|start" "stop|stop" "destroy|destroy" "timer|timers" "fd|a descriptor that is ready"
            "webhook|a request" "intake|a message")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row where step)
  bus_check_finds(throws_in_${where} ".*an exception came out of: ${step}.*thrown on purpose" bad_source --only destroy:
    --set how=throw --set where=${where})
endforeach()
foreach(row "an_answer|an answer" "a_stream|a stream" "an_output|a program that writes")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row where step)
  bus_check_finds(throws_in_${where} ".*an exception came out of: ${step}.*here" careless --only destroy:
    --set how=throws_in_${where})
endforeach()
file(TOUCH ${CMAKE_CURRENT_BINARY_DIR}/sink.bad)  # bad_sink misbehaves in deliver as long as it is there
foreach(row "create|create" "start|start" "deliver|a batch" "later|a batch" "stop|stop" "destroy|destroy")
  string(REPLACE "|" ";" row ${row})
  list(POP_FRONT row where step)
  bus_check_finds(sink_throws_in_${where} ".*an exception came out of: ${step}.*thrown on purpose" bad_sink --only destroy:
    --set how=throw --set where=${where} --set at=1 --set path=${CMAKE_CURRENT_BINARY_DIR}/sink)
endforeach()
