{# The columns identify a row: none is null, no combination stands twice. #}
{% test grain(model, columns) %}

select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns %}
        or bool_or({{ column }} is null)
    {% endfor %}

{% endtest %}
