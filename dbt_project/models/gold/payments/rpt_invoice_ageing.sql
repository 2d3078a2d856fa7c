with

invoices as (

    select * from {{ ref('fct_invoices') }}

),

staged_invoices as (

    select * from {{ ref('stg_payments__invoices') }}

),

events as (

    select * from {{ ref('stg_payments__events') }}

),

newest_load as (

    select max(extracted_at) as as_of
    from (
        select extracted_at from staged_invoices
        union all
        select extracted_at from events
    ) as extracted

),

open_invoices as (

    select
        cast(newest_load.as_of as date) as as_of_date,
        invoices.currency,
        invoices.amount_due,
        invoices.amount_remaining,
        -- What is charged without a term is due when it becomes final.
        cast(
            coalesce(invoices.due_at, invoices.finalized_at, invoices.created_at) as date
        ) as due_date
    from invoices
    cross join newest_load
    where invoices.status = 'open'

),

aged as (

    select
        *,
        {{ days_between('due_date', 'as_of_date') }} as days_overdue
    from open_invoices

),

bucketed as (

    select
        as_of_date,
        currency,
        case
            when days_overdue <= 0 then 'not due'
            when days_overdue <= 30 then '1-30'
            when days_overdue <= 60 then '31-60'
            when days_overdue <= 90 then '61-90'
            else 'over 90'
        end as overdue_days_bucket,
        count(*) as invoice_count,
        cast(sum(amount_due) as bigint) as amount_due,
        cast(sum(amount_remaining) as bigint) as amount_remaining,
        min(due_date) as oldest_due_date
    from aged
    group by as_of_date, currency, overdue_days_bucket

)

select * from bucketed
