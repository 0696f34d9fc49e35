/* pack_faults.h - what can be wrong with a pack, in words that say what to do.
 *
 * The list is ordered as the checks run: the pack, its files, the links between them, questions
 * asked twice, cases. Floor 6. */
#ifndef PACK_PACK_FAULTS_H
#define PACK_PACK_FAULTS_H

#include "base/err.h"

#define PACK_FAULTS(X)                                                                          \
    X(pack_no_manifest, INPUT, 422, false,                                                      \
      "{1} is not a pack: it has no pack.json.", "{1} 不是场景包：缺少 pack.json。")            \
    X(pack_field, INPUT, 422, false, "\"{1}\" must be {2}.", "“{1}”应为{3}。")                  \
    X(pack_field_unknown, INPUT, 422, false,                                                    \
      "pack.json has no field \"{1}\". See docs/packs.md, section pack.json.",                  \
      "pack.json 中没有字段“{1}”，请参阅 docs/packs.md 的 pack.json 一节。")                    \
    X(pack_needs_missing, INPUT, 422, false,                                                    \
      "The pack needs \"{1}\", which is neither beside it nor in packs/. Put it there or name its folder too.", \
      "该包依赖“{1}”，但在同级目录和 packs/ 下都没有找到，请放到该处或在命令中一并指定。")      \
    X(pack_twice, INPUT, 422, false, "The pack \"{1}\" is given twice: {2} and {3}.",           \
      "场景包“{1}”重复给出：{2} 和 {3}。")                                                      \
    X(pack_node, INPUT, 422, false,                                                             \
      "The pack is for node {1}, this node is {2}. Serve it with --node {1}.",                  \
      "该包适用于节点 {1}，而本节点为 {2}，请用 --node {1} 启动。")                             \
    X(pack_file_unknown, INPUT, 422, false,                                                     \
      "Nothing reads this file. Files of {1} end with {2}.", "没有程序读取该文件，{1} 中的文件应以 {2} 结尾。") \
    X(pack_folder_unknown, INPUT, 422, false,                                                   \
      "Nothing reads the folder \"{1}\". A pack has: {2}.", "没有程序读取目录“{1}”。场景包的目录有：{2}。") \
    X(pack_too_many_files, LIMIT, 422, false, "A pack may have at most {1} files.", "一个场景包最多 {1} 个文件。") \
    X(pack_id_twice, INPUT, 422, false, "The {1} \"{2}\" is also defined in {3}. Rename one.",  \
      "{4}“{2}”在 {3} 中已有定义，请改名。")                                                    \
    X(pack_texts_differ, INPUT, 422, false,                                                     \
      "The text \"{1}\" stands in {2} but not here. Add it.", "文本“{1}”在 {2} 中有，此处没有，请补上。") \
    X(pack_reference, INPUT, 422, false,                                                        \
      "{1} names the {2} \"{3}\", which neither this pack nor the packs it needs have.",        \
      "{1} 引用的{4}“{3}”在本包及其依赖的包中都不存在。")                                       \
    X(pack_task_unknown, INPUT, 422, false,                                                     \
      "There is no built-in task \"{1}\". Built-in tasks are: {2}.", "没有内置任务“{1}”。内置任务有：{2}。") \
    X(pack_command_unknown, INPUT, 422, false,                                                  \
      "There is no command \"{1}\" that a person may give. There are: {2}.",                    \
      "没有可由人员发起的命令“{1}”。可用的命令：{2}。")                                         \
    X(pack_matter_missing, INPUT, 422, false,                                                   \
      "No activity of process \"{2}\" is the matter \"{1}\". Give the activity that handles it the zeebe:property matter = {1}.", \
      "流程“{2}”中没有办理事项“{1}”的环节，请在相应活动上加 zeebe:property：matter = {1}。")    \
    X(pack_matter_unknown, INPUT, 422, false,                                                   \
      "The activity says matter = \"{1}\", but the thing \"{2}\" has no such matter.",          \
      "该活动写明 matter = “{1}”，但事项“{2}”中没有它。")                                       \
    X(pack_upload_unasked, INPUT, 422, false,                                                   \
      "The material \"{1}\" is to be uploaded, but the form \"{2}\" has no file field \"{1}\".", \
      "材料“{1}”需要上传，但表单“{2}”中没有名为“{1}”的文件字段。")                              \
    X(pack_data_header, INPUT, 422, false, "The registry \"{1}\" has no field \"{2}\".",        \
      "基础库“{1}”没有字段“{2}”。")                                                             \
    X(pack_data_columns, INPUT, 422, false, "This line has {1} fields, the header has {2}.",    \
      "本行有 {1} 个字段，表头有 {2} 个。")                                                     \
    X(pack_data_value, INPUT, 422, false, "\"{1}\" does not fit the field \"{2}\": {3} is expected.", \
      "“{1}”不符合字段“{2}”的类型，应为 {3}。")                                                 \
    X(ask_datum_missing, INPUT, 422, false,                                                     \
      "The field \"{1}\" asks somebody but does not say which datum. Give it properties.datum, such as \"{2}.{1}\".", \
      "字段“{1}”向人提问，但未写明是哪一项数据，请填写 properties.datum，例如“{2}.{1}”。")      \
    X(ask_twice, INPUT, 422, false,                                                             \
      "The datum \"{1}\" is asked here and in {2}. Ask it once: remove one field, or show it with \"disabled\".", \
      "数据“{1}”在此处和 {2} 重复询问。请只问一次：删除其中一个字段，或设为只读（disabled）。") \
    X(ask_known, INPUT, 422, false,                                                             \
      "The datum \"{1}\" is asked here, but the registry \"{2}\" holds it ({3}). Read it from there: remove the field, or show it with \"disabled\" and properties.source.", \
      "此处询问的数据“{1}”已由基础库“{2}”掌握（{3}）。请从库中读取：删除该字段，或设为只读（disabled）并注明 properties.source。") \
    X(case_file, INPUT, 422, false, "In a case file, {1} must be {2}.", "用例文件中，{1} 应为{3}。") \
    X(case_step, INPUT, 422, false, "Step {1}: {2}", "第 {1} 步：{3}")
FAULT_DECLARE(PACK_FAULTS)

#endif
