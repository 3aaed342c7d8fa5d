{# USES_VARIABLES { N } #}
{# Lists the cells that have an event. Every cell is written to the end of the list and the end moves
   on only past those that have one: there is no branch to mispredict. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    {% set listed = get_array_name(eventspace_variable) %}
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    size_t end = 0;
    for (size_t _idx = 0; _idx < N; _idx++) {
        const size_t _vectorisation_idx = _idx;
        {{vector_code|autoindent}}
        {{listed}}[end] = _idx;
        end += _cond ? 1 : 0;
    }
    {{listed}}[N] = end;
{% endblock %}
