{# Fails with each period that is empty, or ends after the next one of its key begins. #}
{% test periods_follow_each_other(model, key) %}

    select *
    from (
        select
            {{ key }},
            valid_from,
            valid_to,
            lead(valid_from) over (partition by {{ key }} order by version_number) as next_from
        from {{ model }}
    ) as periods
    where valid_to <= valid_from or valid_to > next_from or (valid_to is null and next_from is not null)

{% endtest %}
