{# USES_VARIABLES { N } #}
{# Runs the code of an event for the listed cells, a batch at a time: gather and compute into local
   arrays, which the compiler can vectorise because they overlap nothing, then scatter. #}
{% extends 'common_group.cpp' %}
{% block maincode %}
    {% set listed = get_array_name(eventspace_variable) %}
    {% set compute, results = split_writes(vector_code) %}
    const int _vectorisation_idx = -1;
    {{scalar_code|autoindent}}
    const int32_t whole = {{listed}}[N], most = 256;
    {% for array, name, type in results %}
    {{type}} batch_{{name}}[most];
    {% endfor %}
    for (int32_t first = 0; first < whole; first += most) {
        const int32_t *cell_of = {{listed}} + first;
        const int32_t size = whole - first < most ? whole - first : most;
        for (int32_t k = 0; k < size; k++) {
            const size_t _idx = cell_of[k];
            const size_t _vectorisation_idx = _idx;
            {{compute|autoindent}}
            {% for array, name, type in results %}
            batch_{{name}}[k] = {{name}};
            {% endfor %}
        }
        for (int32_t k = 0; k < size; k++) {
            {% for array, name, type in results %}
            {{array}}[cell_of[k]] = batch_{{name}}[k];
            {% endfor %}
        }
    }
{% endblock %}
