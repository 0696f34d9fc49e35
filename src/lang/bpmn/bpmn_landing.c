/* bpmn_landing.c - where a waiting token of one version of a process stands in another.
 *
 * A token at element e of the old version lands at the element of the new version that has the same
 * id (or the id that a map names), when a token that waits there waits for the same thing:
 *
 *     the same type              a user task does not become a service task
 *     the same surroundings      the element around it lands at the element around the landing
 *     the same kind of rounds    none, standard loop, one by one, side by side
 *     the same events            a catch event or gateway waits for the same kinds
 *
 * Names, assignments, forms, flows, conditions, boundary events and expressions may differ: they
 * are read from the new version when they are needed. A gateway that gathers tokens also needs
 * flows with the same ids, because a waiting token has the name of the flow it came by; the caller
 * that has tokens looks at those.
 *
 * Which elements can have a waiting token follows from the types: activities, scopes, catching
 * events, gateways that wait, and events that throw compensation. */
#include "lang/bpmn/bpmn.h"

bool bpmn_may_wait(const BpmnElement *e)
{
    if (bpmn_is_activity(e) || bpmn_is_scope(e)) {
        return true;
    }
    switch ((BpmnType)e->type) {
    case BPMN_CATCH_EVENT:
        return e->event_count != 1 || e->events[0].kind != BPMN_ON_LINK;
    case BPMN_EVENT_GATEWAY:
        return true;
    case BPMN_INCLUSIVE_GATEWAY:
    case BPMN_PARALLEL_GATEWAY:
    case BPMN_COMPLEX_GATEWAY:
        return e->incoming_count > 1;
    case BPMN_THROW_EVENT:
    case BPMN_END_EVENT:
        return e->event_count > 0 && (e->events[0].kind == BPMN_ON_COMPENSATE ||
                                      e->events[0].kind == BPMN_ON_CANCEL);
    default:
        return false;
    }
}

static Str mapped(Str id, const BpmnPair *map, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(map[i].key, id)) {
            return map[i].value;
        }
    }
    return id;
}

static bool same_rounds(const BpmnLoop *a, const BpmnLoop *b)
{
    return (!a && !b) ||
           (a && b && a->standard == b->standard && a->sequential == b->sequential);
}

static bool same_events(const BpmnElement *a, const BpmnElement *b)
{
    if (a->event_count != b->event_count || a->parallel != b->parallel) {
        return false;
    }
    for (uint32_t i = 0; i < a->event_count; i++) {
        if (a->events[i].kind != b->events[i].kind || a->events[i].timer != b->events[i].timer) {
            return false;
        }
    }
    return true;
}

uint32_t bpmn_landing(const BpmnProcess *from, uint32_t element, const BpmnProcess *to,
                      const BpmnPair *map, size_t map_count, const char **why)
{
    const BpmnElement *old = &from->elements[element];
    uint32_t index = element == 0 ? 0 : bpmn_element(to, mapped(old->id, map, map_count));
    *why = NULL;
    if (index == BPMN_NONE) {
        *why = "no such element / 没有该元素";
        return BPMN_NONE;
    }
    const BpmnElement *new = &to->elements[index];
    if (new->type != old->type || (index == 0) != (element == 0)) {
        *why = "another type of element / 元素类型不同";
    } else if (!same_rounds(old->loop, new->loop)) {
        *why = "another kind of loop / 循环方式不同";
    } else if (!same_events(old, new)) {
        *why = "other events are waited for / 等待的事件不同";
    } else if (element != 0 &&
               bpmn_landing(from, old->scope, to, map, map_count, why) != new->scope) {
        *why = "it stands in another sub-process / 所在的子流程不同";
    }
    return *why ? BPMN_NONE : index;
}

bool bpmn_landings(Arena *a, const BpmnProcess *from, const BpmnProcess *to,
                   BpmnLandingFault **out, size_t *count)
{
    *count = 0;
    *out = arena_new_array(a, BpmnLandingFault, from->element_count);
    for (uint32_t i = 1; *out && i < from->element_count; i++) {
        const char *why;
        if (bpmn_may_wait(&from->elements[i]) &&
            bpmn_landing(from, i, to, NULL, 0, &why) == BPMN_NONE) {
            (*out)[(*count)++] = (BpmnLandingFault){from->elements[i].id, why};
        }
    }
    return *out && *count == 0;
}
