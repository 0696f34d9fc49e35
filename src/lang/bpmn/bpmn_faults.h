/* bpmn_faults.h - what can be wrong with a BPMN file: one row a rule.
 *
 * Arguments are names of the file (ids, XML names, expressions), so that both texts read well.
 * Floor 3. */
#ifndef LANG_BPMN_BPMN_FAULTS_H
#define LANG_BPMN_BPMN_FAULTS_H

#include "base/err.h"

#define BPMN_FAULTS(X)                                                                             \
    X(bpmn_no_model, INPUT, 422, false,                                                            \
      "This is not a BPMN 2.0 file: the outermost element must be bpmn:definitions.",              \
      "这不是 BPMN 2.0 文件：最外层元素应为 bpmn:definitions。")                                   \
    X(bpmn_no_process, INPUT, 422, false, "The file has no executable process (isExecutable=\"true\").", \
      "文件中没有可执行流程（isExecutable=\"true\"）。")                                           \
    X(bpmn_unsupported, INPUT, 422, false,                                                         \
      "The engine does not run {1}. Change the diagram; nothing was installed.",                   \
      "流程引擎不支持 {1}，请修改流程图；未安装任何内容。")                                        \
    X(bpmn_unknown, INPUT, 422, false, "{1} is not known in this place of a BPMN model.",          \
      "BPMN 模型的此处不应出现 {1}。")                                                             \
    X(bpmn_no_id, INPUT, 422, false, "This {1} has no id.", "{1} 缺少 id。")                       \
    X(bpmn_id_twice, INPUT, 422, false, "The id \"{1}\" stands twice (first in line {2}).",        \
      "标识“{1}”重复出现（首次出现在第 {2} 行）。")                                                \
    X(bpmn_missing, INPUT, 422, false, "The attribute or element {1} is missing.",                 \
      "缺少属性或元素 {1}。")                                                                      \
    X(bpmn_value, INPUT, 422, false, "{1} has the value \"{2}\"; {3} is expected.",                \
      "{1} 的值为“{2}”，应为 {3}。")                                                               \
    X(bpmn_reference, INPUT, 422, false, "{1} names \"{2}\", which does not exist here.",          \
      "{1} 引用了不存在的“{2}”。")                                                                 \
    X(bpmn_reference_kind, INPUT, 422, false, "{1} names \"{2}\", which is a {3}.",                \
      "{1} 引用了“{2}”，而它是 {3}。")                                                             \
    X(bpmn_flow_crosses, INPUT, 422, false,                                                        \
      "The sequence flow leads from one sub-process or pool into another.",                        \
      "顺序流不能跨越子流程或泳池的边界。")                                                        \
    X(bpmn_flow_into, INPUT, 422, false, "No sequence flow may lead into a {1}.",                  \
      "顺序流不能指向 {1}。")                                                                      \
    X(bpmn_flow_from, INPUT, 422, false, "No sequence flow may leave a {1}.",                      \
      "顺序流不能从 {1} 引出。")                                                                   \
    X(bpmn_flow_needed_out, INPUT, 422, false, "At least one sequence flow must leave this {1}.",  \
      "{1} 至少要有一条引出的顺序流。")                                                            \
    X(bpmn_flow_needed_in, INPUT, 422, false, "A sequence flow must lead into this {1}.",          \
      "{1} 至少要有一条进入的顺序流。")                                                            \
    X(bpmn_gateway_useless, INPUT, 422, false,                                                     \
      "A gateway needs several incoming or several outgoing flows.",                               \
      "网关应有多条进入或多条引出的顺序流。")                                                      \
    X(bpmn_condition_not_here, INPUT, 422, false,                                                  \
      "A flow that leaves a {1} cannot have a condition.", "从 {1} 引出的顺序流不能带条件。")      \
    X(bpmn_condition_alone, INPUT, 422, false,                                                     \
      "A conditional flow must not be the only one that leaves an activity.",                      \
      "条件顺序流不能是活动唯一的引出顺序流。")                                                    \
    X(bpmn_condition_needed, INPUT, 422, false,                                                    \
      "Every flow that leaves \"{1}\", apart from the default flow, needs a condition.",           \
      "从“{1}”引出的顺序流中，除默认分支外都要有条件。")                                           \
    X(bpmn_default_condition, INPUT, 422, false, "The default flow must not have a condition.",    \
      "默认分支不能带条件。")                                                                      \
    X(bpmn_start_count, INPUT, 422, false, "There is more than one start event without a trigger.", \
      "存在多个无触发条件的开始事件。")                                                            \
    X(bpmn_start_trigger, INPUT, 422, false, "The start event of a {1} cannot have the trigger {2}.", \
      "{1} 的开始事件不能使用触发器 {2}。")                                                        \
    X(bpmn_event_subprocess_start, INPUT, 422, false,                                              \
      "An event sub-process has exactly one start event, and it has a trigger.",                   \
      "事件子流程应有且仅有一个带触发器的开始事件。")                                              \
    X(bpmn_adhoc_content, INPUT, 422, false,                                                       \
      "An ad-hoc sub-process holds at least one activity, and no start or end events.",            \
      "即席子流程至少包含一个活动，且不能有开始或结束事件。")                                      \
    X(bpmn_event_subprocess_flow, INPUT, 422, false,                                               \
      "No sequence flow may lead into or out of an event sub-process.",                            \
      "顺序流不能进入或离开事件子流程。")                                                          \
    X(bpmn_event_trigger, INPUT, 422, false, "A {1} cannot have the definition {2}.",              \
      "{1} 不能使用 {2}。")                                                                        \
    X(bpmn_event_needed, INPUT, 422, false, "This {1} needs an event definition.",                 \
      "{1} 缺少事件定义。")                                                                        \
    X(bpmn_boundary_host, INPUT, 422, false, "A boundary event must be attached to an activity beside it.", \
      "边界事件必须附着在同一层的活动上。")                                                        \
    X(bpmn_boundary_interrupts, INPUT, 422, false, "A {1} event always interrupts: cancelActivity must be true.", \
      "{1} 事件总是中断的：cancelActivity 应为 true。")                                            \
    X(bpmn_cancel_place, INPUT, 422, false, "A cancel event belongs to a transaction.",            \
      "取消事件只能用于事务子流程。")                                                              \
    X(bpmn_event_gateway_target, INPUT, 422, false,                                                \
      "An event-based gateway leads to catching events and receive tasks that nothing else leads to.", \
      "事件网关只能连接捕获事件或接收任务，且它们不能有其他进入的顺序流。")                        \
    X(bpmn_event_gateway_count, INPUT, 422, false,                                                 \
      "An event-based gateway needs at least two outgoing flows.", "事件网关至少要有两条引出的顺序流。") \
    X(bpmn_link_target, INPUT, 422, false, "There must be exactly one catching link \"{1}\" beside it.", \
      "同一层中应有且仅有一个名为“{1}”的链接捕获事件。")                                           \
    X(bpmn_compensation_handler, INPUT, 422, false,                                                \
      "A compensation event needs one association to an activity with isForCompensation=\"true\".", \
      "补偿边界事件应通过关联指向一个 isForCompensation=\"true\" 的活动。")                        \
    X(bpmn_compensation_flow, INPUT, 422, false,                                                   \
      "A compensation activity has no incoming and no outgoing flows.",                            \
      "补偿活动不能有进入或引出的顺序流。")                                                        \
    X(bpmn_timer_one, INPUT, 422, false, "A timer has exactly one of timeDate, timeDuration, timeCycle.", \
      "定时器应有且仅有 timeDate、timeDuration、timeCycle 之一。")                                 \
    X(bpmn_timer_text, INPUT, 422, false, "\"{1}\" is not a {2} of ISO 8601.",                     \
      "“{1}”不是 ISO 8601 格式的{2}。")                                                            \
    X(bpmn_loop_ends, INPUT, 422, false,                                                           \
      "The loop needs a loopCardinality or an inputCollection.", "多实例需要 loopCardinality 或 inputCollection。") \
    X(bpmn_expression, INPUT, 422, false, "The expression \"{1}\" is faulty. {2}",                 \
      "表达式“{1}”有误。{2}")                                                                      \
    X(bpmn_target, INPUT, 422, false, "\"{1}\" is not a variable name; write name or name.field.", \
      "“{1}”不是变量名，请写成 name 或 name.field。")                                              \
    X(bpmn_direction, INPUT, 422, false,                                                           \
      "The gateway says gatewayDirection=\"{1}\", but {2} flows lead into it and {3} leave it.",   \
      "网关标明 gatewayDirection=\"{1}\"，但有 {2} 条进入、{3} 条引出的顺序流。")                 \
    X(bpmn_flow_listed, INPUT, 422, false, "{1} names \"{2}\", which is no flow of this element.", \
      "{1} 所列“{2}”并不是该元素的顺序流。")                                                       \
    X(bpmn_immediate, INPUT, 422, false,                                                           \
      "A flow of an executable process is always immediate: isImmediate must be true.",            \
      "可执行流程中的顺序流总是立即的：isImmediate 应为 true。")                                   \
    X(bpmn_start_needed, INPUT, 422, false, "A {1} with an end event needs a start event.",        \
      "{1} 有结束事件，因而也要有开始事件。")                                                      \
    X(bpmn_end_needed, INPUT, 422, false, "A {1} with a start event needs an end event.",          \
      "{1} 有开始事件，因而也要有结束事件。")                                                      \
    X(bpmn_link_source, INPUT, 422, false, "No throwing link leads to the catching link \"{1}\".", \
      "没有链接抛出事件指向“{1}”。")                                                               \
    X(bpmn_message_flow_end, INPUT, 422, false,                                                    \
      "A message flow cannot have the {1} \"{2}\": pools, activities and message events can.",     \
      "消息流的 {1} 不能是“{2}”，只能是泳池、活动或消息事件。")                                    \
    X(bpmn_message_flow_inside, INPUT, 422, false,                                                 \
      "A message flow leads from one pool to another, never inside one.",                          \
      "消息流应连接两个不同的泳池。")                                                              \
    X(bpmn_call_start, INPUT, 422, false,                                                          \
      "The called process \"{1}\" cannot begin without a trigger: it needs a plain start event.",  \
      "被调用流程“{1}”没有无触发条件的开始事件，无法直接启动。")                                   \
    X(bpmn_instantiating_gateway, INPUT, 422, false,                                               \
      "An instantiating gateway has no incoming flows and leads to messages and signals only.",    \
      "用于启动流程的事件网关不能有进入的顺序流，且只能连接消息或信号。")                          \
    X(bpmn_listener, INPUT, 422, false,                                                            \
      "The engine does not call listeners ({1}). Put a service task before or after the element.", \
      "流程引擎不调用监听器（{1}），请在该元素前后改用服务任务。")                                 \
    X(bpmn_binding, INPUT, 422, false,                                                             \
      "bindingType=\"{1}\" is not possible here: the newest version is always used{2}.",           \
      "此处不能使用 bindingType=\"{1}\"：总是使用最新版本{2}。")                                   \
    X(bpmn_limit, LIMIT, 422, false, "The diagram exceeds a limit: {1}.", "流程图超出限制：{1}。")
FAULT_DECLARE(BPMN_FAULTS)

#endif
